import type {Socket} from 'node:net';
import {setImmediate} from 'node:timers/promises';
import type {Duplex} from 'node:stream';
import type {Client, ClientChannel} from 'ssh2';
import {WaybillError} from '../contracts/errors.js';
import type {SshEndpoint} from './endpoint.js';
import {connectionLost, sftpSilent} from './errors.js';
import {watchLiveness} from './liveness.js';
import {unlessAborted} from '../abort/on-abort.js';
import {timeLimit} from '../abort/time-limit.js';
import {losesSessionsThatOpen, softwareOf} from './server-software.js';
import {widenReceiveWindow} from './receive-window.js';
import {SftpChannel} from './sftp/channel.js';
import {GatheringSocket} from './socket.js';

interface Parts {
  readonly endpoint: SshEndpoint;
  readonly client: Client;
  /** What the client speaks through: the socket, or the channel of the jump host. */
  readonly stream: Duplex;
  /** The TCP connection that carries the stream, the first jump host's where there is one. */
  readonly socket: Socket;
  readonly jump?: SshConnection;
}

/** The server's limit of sessions on one connection (MaxSessions) is reached: another connection may do. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';
}

/** An authenticated connection. Channels that are open when it ends fail with `ssh.connection-lost`. */
export class SshConnection {
  readonly endpoint: SshEndpoint;
  readonly socket: Socket;
  /** One session at a time: a second one that opens while it ends might be lost. */
  readonly oneSession: boolean;
  readonly #client: Client;
  readonly #stream: Duplex;
  readonly #jump: SshConnection | undefined;
  readonly #closed = new AbortController();
  #sessions = 0;
  /** Those of them that nobody wants any more, and that have not ended. */
  #abandoned = 0;
  #lastUsed = performance.now();

  constructor({endpoint, client, stream, socket, jump}: Parts) {
    this.endpoint = endpoint;
    this.socket = socket;
    this.#client = client;
    this.#stream = stream;
    this.#jump = jump;
    this.oneSession = losesSessionsThatOpen(softwareOf(client));
    const stopWatch = watchLiveness({stream, socket}, endpoint.deadAfterMs, () => this.#lost('the peer is silent'));
    client.on('error', (error: Error) => this.#lost(error.message, error));
    client.on('close', () => {
      stopWatch();
      this.#lost('the server closed it');
      this.#jump?.end();
    });
  }

  /** Fires when the connection has ended; its reason is the `ssh.connection-lost` for what was under way. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Open exec and SFTP channels. */
  get sessions(): number {
    return this.#sessions;
  }

  /** Milliseconds since the last channel was opened or closed. */
  get idleMs(): number {
    return performance.now() - this.#lastUsed;
  }

  /** Rejects with SessionRefused where the server takes no further session, with `shell.unavailable` where it runs nothing. */
  async openExec(command: string, signal?: AbortSignal): Promise<ClientChannel> {
    const opened = this.#openSession(signal, (done) => this.#client.exec(command, done));
    return await opened.catch((error: unknown) => {
      const message = error instanceof Error ? error.message : '';
      if (!message.includes('Unable to exec')) throw error;
      throw new WaybillError('shell.unavailable', `${this.endpoint.host} runs no commands: ${message}`, {
        path: this.endpoint.name,
        cause: error,
      });
    });
  }

  /** Rejects with SessionRefused, `ssh.sftp-unavailable`, or `ssh.sftp-silent` when the endpoint's time to connect is over. */
  async openSftp(signal?: AbortSignal): Promise<SftpChannel> {
    const patience = timeLimit(this.endpoint.connectTimeoutMs, signal, () => sftpSilent(this.endpoint));
    try {
      return await this.#establishSftp(patience.signal);
    } finally {
      patience.end();
    }
  }

  async #establishSftp(signal: AbortSignal): Promise<SftpChannel> {
    const opened = this.#openSession(signal, (done) => this.#client.subsys('sftp', done));
    const channel = await opened.catch((error: unknown) => {
      const message = error instanceof Error ? error.message : '';
      if (!message.includes('Unable to start subsystem')) throw error;
      throw new WaybillError('ssh.sftp-unavailable', `${this.endpoint.host} starts no SFTP session: ${message}`, {
        path: this.endpoint.name,
        cause: error,
      });
    });
    widenReceiveWindow(channel);
    if (this.#stream instanceof GatheringSocket) this.#stream.received.lendTo(channel);
    try {
      return await unlessAborted(this.closed, unlessAborted(signal, SftpChannel.establish(channel, this.endpoint)));
    } catch (error) {
      if (signal.aborted) {
        this.#abandon(channel);
        throw error;
      }
      // A connection that breaks ends its channels a moment before itself, which looks as if there were no server of SFTP.
      await setImmediate();
      this.closed.throwIfAborted();
      throw error;
    }
  }

  openTunnel(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return this.#open(signal, (done) => this.#client.forwardOut('127.0.0.1', 0, host, port, done));
  }

  end(): void {
    if (this.closed.aborted) return;
    this.#closed.abort(connectionLost(this.endpoint, 'it was closed here'));
    this.#client.end();
    // An end that the peer never answers must not keep the process.
    setTimeout(() => this.#destroy(), 1000).unref();
  }

  async #openSession(
    signal: AbortSignal | undefined,
    start: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<ClientChannel> {
    this.#sessions += 1;
    this.#lastUsed = performance.now();
    const release = (): void => {
      this.#sessions -= 1;
      this.#lastUsed = performance.now();
      this.#endIfAbandoned();
    };
    try {
      const channel = await this.#open(signal, start);
      channel.once('close', release);
      return channel;
    } catch (error) {
      release();
      // What was given up on may still begin there, and end while the next one opens.
      if (this.oneSession) this.end();
      throw error;
    }
  }

  async #open(
    signal: AbortSignal | undefined,
    start: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<ClientChannel> {
    let abandoned = false;
    const opened = new Promise<ClientChannel>((resolve, reject) => {
      try {
        start((error, channel) => {
          if (error !== undefined) reject(this.#channelError(error));
          else if (abandoned) channel.end();
          else resolve(channel);
        });
      } catch (error) {
        reject(connectionLost(this.endpoint, 'it ended', error));
      }
    });
    try {
      return await unlessAborted(this.closed, unlessAborted(signal, opened));
    } catch (error) {
      abandoned = true;
      throw error;
    }
  }

  /** OpenSSH keeps the session, and counts it, for as long as its program runs: only the end of the connection frees it. */
  #abandon(channel: ClientChannel): void {
    this.#abandoned += 1;
    // Before it is taken from the sessions: what is left of them would look abandoned.
    channel.prependOnceListener('close', () => {
      this.#abandoned -= 1;
    });
    channel.close();
    this.#endIfAbandoned();
  }

  #endIfAbandoned(): void {
    if (this.#abandoned > 0 && this.#abandoned === this.#sessions) this.end();
  }

  #channelError(error: Error): Error {
    if ('reason' in error) return new SessionRefused(error.message, {cause: error});
    if (this.closed.aborted || /No response from server|Not connected/.test(error.message)) {
      return connectionLost(this.endpoint, error.message, error);
    }
    return error;
  }

  #lost(reason: string, cause?: unknown): void {
    if (this.closed.aborted) return;
    this.#closed.abort(connectionLost(this.endpoint, reason, cause));
    this.#destroy();
  }

  /** With the jump: it confirms the end of the channel, and so of all that runs, only when the target has taken what was sent. */
  #destroy(): void {
    this.#client.destroy();
    this.#jump?.end();
  }
}
