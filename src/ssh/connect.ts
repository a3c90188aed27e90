import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import ssh2, {type Client, type ConnectConfig} from 'ssh2';
import {timeLimit} from '../abort/time-limit.js';
import {toError} from '../contracts/errors.js';
import {chooseCiphers, chooseHostKeys} from './algorithms.js';
import {type Credential, credentials} from './authentication.js';
import {SshConnection} from './connection.js';
import type {SshEndpoint} from './endpoint.js';
import {connectError} from './errors.js';
import {hostKeyCheck} from './host-key.js';
import {GatheringSocket, openSocket} from './socket.js';

export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** Replaces the check against known_hosts: true takes the key. */
  readonly acceptHostKey?: (key: Buffer) => boolean;
}

/**
 * Connects and authenticates. Unknown and changed host keys are refused (`ssh.host-key-unknown`,
 * `ssh.host-key-changed`); else rejects with `ssh.unreachable`, `ssh.authentication-failed`, `ssh.protocol` or
 * `ssh.configuration`.
 */
export async function connect(endpoint: SshEndpoint, options: ConnectOptions = {}): Promise<SshConnection> {
  const patience = timeLimit(endpoint.connectTimeoutMs, options.signal);
  try {
    return await connectWithin(endpoint, options, patience.signal);
  } finally {
    patience.end();
  }
}

async function connectWithin(
  endpoint: SshEndpoint,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<SshConnection> {
  // Before there is a line: nothing would listen to it while files are read, and a reset would end the process.
  const check = await hostKeyCheck(endpoint);
  const offered = options.acceptHostKey === undefined ? await credentials(endpoint) : [];
  const {stream, socket, jump} = await openStream(endpoint, signal, options);
  try {
    const client = await handshake({endpoint, stream, signal, offered, check, acceptHostKey: options.acceptHostKey});
    return new SshConnection({endpoint, client, stream, socket, ...(jump === undefined ? {} : {jump})});
  } catch (error) {
    stream.destroy();
    jump?.end();
    options.signal?.throwIfAborted();
    throw connectError(
      endpoint,
      error,
      offered.map((credential) => credential.label),
    );
  }
}

interface Line {
  readonly stream: Duplex;
  /** The TCP connection that carries the stream, the first jump host's where there is one. */
  readonly socket: Socket;
  readonly jump?: SshConnection;
}

async function openStream(endpoint: SshEndpoint, signal: AbortSignal, options: ConnectOptions): Promise<Line> {
  try {
    if (endpoint.jump === undefined) {
      const socket = await openSocket(endpoint, signal);
      return {stream: socket, socket};
    }
    const jump = await connect(endpoint.jump, options.signal === undefined ? {} : {signal: options.signal});
    try {
      return {stream: await jump.openTunnel(endpoint.host, endpoint.port, signal), socket: jump.socket, jump};
    } catch (error) {
      jump.end();
      throw error;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw connectError(endpoint, error, []);
  }
}

interface Handshake {
  readonly endpoint: SshEndpoint;
  readonly stream: Duplex;
  readonly signal: AbortSignal;
  readonly offered: readonly Credential[];
  readonly check: Awaited<ReturnType<typeof hostKeyCheck>>;
  readonly acceptHostKey: ((key: Buffer) => boolean) | undefined;
}

function handshake({endpoint, stream, signal, offered, check, acceptHostKey}: Handshake): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let refusal: Error | undefined;
    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', abort);
      client.removeListener('ready', succeed);
      client.removeListener('error', fail);
      client.removeListener('close', closed);
      // ssh2 may report a second error for the same end; nobody waits for it any more.
      client.on('error', () => undefined);
      finish();
    };
    const fail = (error: Error): void => {
      settle(() => {
        client.destroy();
        reject(refusal ?? error);
      });
    };
    const abort = (): void => fail(toError(signal.reason));
    const closed = (): void => fail(new Error('the server closed the connection'));
    const succeed = (): void => settle(() => resolve(client));
    client.once('ready', succeed).once('error', fail).once('close', closed);
    if (stream instanceof GatheringSocket) {
      client.on('handshake', () => {
        stream.packets.lendTo(client);
        stream.received.reuseFor(client);
      });
    }
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort);
    const config: ConnectConfig = {
      sock: stream,
      username: endpoint.user,
      readyTimeout: 0,
      keepaliveInterval: endpoint.keepAliveMs,
      // The probes keep the line busy; whether the peer is dead is judged by the bytes that move.
      keepaliveCountMax: Number.MAX_SAFE_INTEGER,
      algorithms: {
        serverHostKey: chooseHostKeys(check.knownTypes, endpoint.hostKeyAlgorithms),
        cipher: chooseCiphers(endpoint.ciphers),
      },
      hostVerifier: (key: Buffer) => {
        if (acceptHostKey !== undefined) return acceptHostKey(key);
        refusal = check.refuse(key);
        return refusal === undefined;
      },
      authHandler: offered.map((credential) => credential.method),
    };
    try {
      client.connect(config);
    } catch (error) {
      fail(toError(error));
    }
  });
}
