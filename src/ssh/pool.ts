import {setTimeout as delay} from 'node:timers/promises';
import type {ClientChannel} from 'ssh2';
import {hasCode} from '../contracts/errors.js';
import {withBackoff} from './backoff.js';
import {connect} from './connect.js';
import {SessionRefused, type SshConnection} from './connection.js';
import type {SshEndpoint} from './endpoint.js';
import {connectionLost} from './errors.js';
import {onAbort, unlessAborted} from '../abort/on-abort.js';
import type {SftpChannel} from './sftp/channel.js';

export interface PoolLimits {
  /**
   * Connections to the target at most; where a server takes one session on each, so many times `maxSessions`, one after
   * the other. Default 4.
   */
  readonly maxConnections: number;
  /** Sessions on one connection at most; lowered by itself where the server allows fewer. Default 8, OpenSSH allows 10. */
  readonly maxSessions: number;
  /** A connection without a session is closed after so many milliseconds. Default 60,000. */
  readonly idleMs: number;
  /** How long to try to connect before the error is handed on. Milliseconds, default 10,000. */
  readonly patienceMs: number;
}

export interface PoolStatus {
  readonly connections: number;
  /** Connections without a session. */
  readonly idle: number;
  readonly sessions: number;
  readonly waiting: number;
}

export interface SessionOptions {
  readonly signal?: AbortSignal;
  /** Take a connection that carries nothing else, where the limit allows one more. */
  readonly apart?: boolean;
}

/** How often a connection without a session is asked again after it took none, and the pause before the first time. */
const REFUSALS = 4;
const REFUSAL_PAUSE_MS = 50;

/** Milliseconds after which a host without SFTP is asked a second time. */
const SECOND_LOOK_MS = 500;

/** Milliseconds for which a host that took no further connection is not asked for one again. */
const FULL_FOR_MS = 60_000;

interface Member {
  readonly connection: SshConnection;
  maxSessions: number;
  /** Sessions that were promised to callers which have not begun to open them. */
  promised: number;
}

/** The connections to one target, made as they are needed. One that breaks fails its own sessions and no other. */
export class SshPool implements AsyncDisposable {
  readonly endpoint: SshEndpoint;
  readonly #limits: PoolLimits;
  readonly #members = new Set<Member>();
  readonly #waiters = new Set<() => void>();
  #connecting: Promise<void> | undefined;
  #closed = false;
  #oneSession = false;
  /** By the clock of `performance`. */
  #fullUntil = 0;
  #sftpRefusal: Error | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(endpoint: SshEndpoint, limits: Partial<PoolLimits> = {}) {
    this.endpoint = endpoint;
    this.#limits = {maxConnections: 4, maxSessions: 8, idleMs: 60_000, patienceMs: 10_000, ...limits};
  }

  status(): PoolStatus {
    const counts = [...this.#members].map(({connection}) => connection.sessions);
    return {
      connections: counts.length,
      idle: counts.filter((sessions) => sessions === 0).length,
      sessions: counts.reduce((sum, sessions) => sum + sessions, 0),
      waiting: this.#waiters.size,
    };
  }

  /** Opens a session that runs `command`. It is not run twice: a connection that broke meanwhile is an error. */
  openExec(command: string, options: SessionOptions = {}): Promise<ClientChannel> {
    return this.#session(options, (connection) => connection.openExec(command, options.signal));
  }

  /** That the target has no SFTP is found out once: `ssh.sftp-unavailable` is then the answer to every call. */
  async openSftp(options: SessionOptions = {}): Promise<SftpChannel> {
    if (this.#sftpRefusal !== undefined) throw this.#sftpRefusal;
    const open = (): Promise<SftpChannel> =>
      this.#session(options, (connection) => connection.openSftp(options.signal));
    try {
      return await open();
    } catch (error) {
      if (!hasCode(error, 'ssh.sftp-unavailable')) throw error;
    }
    // A host that goes down, or can start nothing at the moment, answers as one without SFTP does.
    await unlessAborted(options.signal, delay(SECOND_LOOK_MS));
    try {
      return await open();
    } catch (error) {
      if (hasCode(error, 'ssh.sftp-unavailable')) this.#sftpRefusal = error;
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const {connection} of this.#members) connection.end();
    this.#wake();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #session<T extends ClientChannel | SftpChannel>(
    options: SessionOptions,
    open: (connection: SshConnection) => Promise<T>,
  ): Promise<T> {
    let broken = 0;
    let refused = 0;
    for (;;) {
      const member = await this.#member(options);
      member.promised -= 1;
      try {
        const channel = await open(member.connection);
        channel.once('close', () => this.#wake());
        return channel;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (error instanceof SessionRefused) {
          member.maxSessions = Math.max(1, member.connection.sessions);
          if (member.connection.sessions > 0) continue;
          if (refused === REFUSALS) throw connectionLost(this.endpoint, `it takes no session: ${error.message}`, error);
          // The server may still count one that was closed here a moment ago.
          refused += 1;
          await unlessAborted(options.signal, delay(REFUSAL_PAUSE_MS * refused));
        } else if (hasCode(error, 'ssh.connection-lost') && !this.#closed && broken < 2) {
          // It was dead before it was used: nothing was started on it.
          broken += 1;
        } else throw error;
      }
    }
  }

  async #member(options: SessionOptions): Promise<Member> {
    for (let takesMore = performance.now() >= this.#fullUntil; ; ) {
      options.signal?.throwIfAborted();
      if (this.#closed) throw connectionLost(this.endpoint, 'the pool is closed');
      const members = [...this.#members].sort((a, b) => sessionsOf(a) - sessionsOf(b));
      const free = members.find((member) => sessionsOf(member) < member.maxSessions);
      const mayConnect = members.length === 0 || (takesMore && members.length < this.#mostConnections);
      const apart = options.apart === true && mayConnect && free !== undefined && sessionsOf(free) > 0;
      if (free !== undefined && !apart) {
        free.promised += 1;
        return free;
      }
      if (mayConnect) takesMore = await this.#connectMore(options.signal);
      else await this.#released(options.signal);
    }
  }

  /** False where the host takes no further connection, and there is one: that has to do. */
  async #connectMore(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#connect(signal);
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      if (this.#members.size === 0) throw error;
      this.#fullUntil = performance.now() + FULL_FOR_MS;
      return false;
    }
  }

  get #mostConnections(): number {
    const {maxConnections, maxSessions} = this.#limits;
    return this.#oneSession ? maxConnections * maxSessions : maxConnections;
  }

  /** One connection is made at a time: several waiters share it, and a server under load is not stormed. */
  async #connect(signal: AbortSignal | undefined): Promise<void> {
    if (this.#connecting === undefined) {
      const made = withBackoff(() => connect(this.endpoint), this.#limits.patienceMs).then((connection) =>
        this.#add(connection),
      );
      this.#connecting = made.finally(() => {
        this.#connecting = undefined;
      });
      // Whoever still waits gets the rejection; that all have left is no error.
      this.#connecting.catch(() => undefined);
    }
    await unlessAborted(signal, this.#connecting);
  }

  #add(connection: SshConnection): void {
    if (this.#closed) {
      connection.end();
      return;
    }
    this.#oneSession = connection.oneSession;
    const member = {connection, maxSessions: this.#oneSession ? 1 : this.#limits.maxSessions, promised: 0};
    this.#members.add(member);
    onAbort(connection.closed, () => {
      this.#members.delete(member);
      this.#wake();
    });
    this.#sweep ??= setInterval(() => this.#closeIdle(), Math.max(100, this.#limits.idleMs / 4)).unref();
    this.#wake();
  }

  #closeIdle(): void {
    for (const {connection} of this.#members) {
      if (connection.sessions === 0 && connection.idleMs > this.#limits.idleMs) connection.end();
    }
  }

  #released(signal: AbortSignal | undefined): Promise<void> {
    let wake: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiters.add(wake);
    });
    return unlessAborted(signal, released).finally(() => this.#waiters.delete(wake));
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

function sessionsOf({connection, promised}: Member): number {
  return connection.sessions + promised;
}
