import {isWaybillError, WaybillError} from '../contracts/errors.js';
import type {SshEndpoint} from './endpoint.js';

/** Turns what ssh2 or the socket reported while connecting into a WaybillError. */
export function connectError(endpoint: SshEndpoint, cause: unknown, authentication: readonly string[]): WaybillError {
  if (isWaybillError(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const where = `${endpoint.user}@${endpoint.host}:${endpoint.port} (${endpoint.name})`;
  const details = {path: endpoint.name, cause};
  switch (levelOf(cause)) {
    case 'client-authentication':
    case 'agent': {
      const tried =
        authentication.length === 0 ? 'nothing to offer: no identity file, no agent' : authentication.join(', ');
      return new WaybillError('ssh.authentication-failed', `${where} accepts none of: ${tried}`, details);
    }
    case 'handshake':
      return new WaybillError('ssh.protocol', `No agreement with ${where}: ${message}`, details);
    default:
      return new WaybillError('ssh.unreachable', `Cannot connect to ${where}: ${message}`, details);
  }
}

/** A connection or channel that ended with work under way. */
export function connectionLost(endpoint: SshEndpoint, reason: string, cause?: unknown): WaybillError {
  return new WaybillError(
    'ssh.connection-lost',
    `The connection to ${endpoint.host}:${endpoint.port} broke: ${reason}`,
    {
      path: endpoint.name,
      ...(cause === undefined ? {} : {cause}),
    },
  );
}

/** An SFTP session that was begun, and does not answer what it is asked first. */
export function sftpSilent(endpoint: SshEndpoint): WaybillError {
  const seconds = endpoint.connectTimeoutMs / 1000;
  const message = `The SFTP server of ${endpoint.host} was started, and did not answer within ${seconds} s`;
  return new WaybillError('ssh.sftp-silent', message, {path: endpoint.name});
}

/** What the login shell ends with when there is no such program. */
const NOT_FOUND = 127;

/** A session that ended before the shell in it said anything. */
export function shellNotStarted(endpoint: SshEndpoint, status: number, said: Buffer): WaybillError {
  const reason = said.toString().trim().slice(0, 500);
  const message = `/bin/sh did not start on ${endpoint.host} (status ${status})${reason === '' ? '' : `: ${reason}`}`;
  return new WaybillError(status === NOT_FOUND ? 'shell.unavailable' : 'shell.failed', message, {path: endpoint.name});
}

function levelOf(error: unknown): unknown {
  return error instanceof Error && 'level' in error ? error.level : undefined;
}
