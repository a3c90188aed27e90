import {hasCode, WaybillError} from '../../contracts/errors.js';
import {unlessAborted} from '../../abort/on-abort.js';
import type {SshPool} from '../../ssh/pool.js';
import type {FileSession} from './file-session.js';
import {SftpSession} from './session.js';
import {ShellSession} from './shell-session.js';

/**
 * A round trip of so many milliseconds makes a line a long one: OpenSSH's window of 2 MiB then holds a connection below
 * 250 MB/s, and several carry one file faster than one.
 */
const LONG_LINE_MS = 8;

/** How files go over: `auto` is SFTP, or commands and `scp` where the target has none. */
export type SshProtocol = 'auto' | 'sftp' | 'scp';

/** `reason` says why there is no SFTP, where commands and `scp` stand in for it. */
export type OnProtocol = (protocol: FileSession['protocol'], reason?: string) => void;

interface SessionsOptions {
  readonly protocol: SshProtocol;
  /** Told once, when the first session is open. */
  readonly onProtocol: OnProtocol;
  /** On a short line. */
  readonly sessions: number;
  readonly longLineSessions: number;
}

/**
 * The sessions of a store, each on a connection of its own: one connection's cipher keeps one core of the server
 * busy, and its window carries about 2 MiB a round trip. On a long line there are more of them.
 */
export class FileSessions {
  readonly #pool: SshPool;
  readonly #protocol: SshProtocol;
  readonly #onProtocol: OnProtocol;
  readonly #limit: number;
  readonly #slots: (Promise<FileSession> | undefined)[];
  /** Files that are being opened, by slot. */
  readonly #opening = new Map<number, number>();
  #found: FileSession['protocol'] | undefined;
  #shortestMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(pool: SshPool, options: SessionsOptions) {
    this.#pool = pool;
    this.#protocol = options.protocol;
    this.#onProtocol = options.onProtocol;
    this.#limit = options.sessions;
    this.#slots = Array.from({length: Math.max(options.sessions, options.longLineSessions)});
  }

  /** What the last session goes by; undefined before the first. */
  get protocol(): FileSession['protocol'] | undefined {
    return this.#found;
  }

  /** Whether one connection's window is too small for the line; false before the first session is open. */
  get isLongLine(): boolean {
    return Number.isFinite(this.#shortestMs) && this.#shortestMs >= LONG_LINE_MS;
  }

  get limit(): number {
    return this.#limit;
  }

  /** The session in slot `index`, opened where it is not open, or not any more. */
  async get(index: number, signal?: AbortSignal): Promise<FileSession> {
    if (this.#closed) throw new WaybillError('store.unavailable', 'The store has been closed.');
    signal?.throwIfAborted();
    const open = this.#slots[index];
    if (open !== undefined) {
      const session = await unlessAborted(
        signal,
        open.catch(() => undefined),
      );
      if (session !== undefined && !session.ended) return await this.#measured(open);
      if (this.#slots[index] === open) this.#slots[index] = undefined;
    }
    const opening = (this.#slots[index] ??= this.#open());
    return await unlessAborted(signal, this.#measured(opening));
  }

  /** What opens each of the sessions beside `session` that a long line has; none on a short one. */
  beside(session: FileSession, signal?: AbortSignal): readonly (() => Promise<FileSession>)[] {
    if (!this.isLongLine) return [];
    return this.#slots.map((_, index) => async () => {
      const other = await this.get(index, signal);
      if (other === session) throw new WaybillError('store.unavailable', 'This session is in use already.');
      return other;
    });
  }

  /**
   * Calls `open` with whichever of the sessions has the fewest files open, those counted that are being opened: several
   * that begin at once are spread over the connections.
   */
  async onLeastBusy<Opened>(open: (session: FileSession) => Promise<Opened>, signal?: AbortSignal): Promise<Opened> {
    const loads = Promise.all(
      this.#slots.slice(0, this.#limit).map(async (slot) => {
        const session = await slot?.catch(() => undefined);
        return session === undefined || session.ended ? 0 : session.openFiles;
      }),
    );
    const held = await unlessAborted(signal, loads);
    const known = held.map((files, index) => files + (this.#opening.get(index) ?? 0));
    const index = known.indexOf(Math.min(...known));
    this.#opening.set(index, (this.#opening.get(index) ?? 0) + 1);
    try {
      return await open(await this.get(index, signal));
    } finally {
      this.#opening.set(index, (this.#opening.get(index) ?? 1) - 1);
    }
  }

  /** Callers share it and may all give up: it goes on for the next one. */
  async #open(): Promise<FileSession> {
    const {session, reason} = await this.#openByProtocol();
    if (this.#found === undefined) this.#onProtocol(session.protocol, reason);
    this.#found = session.protocol;
    return session;
  }

  async #openByProtocol(): Promise<{readonly session: FileSession; readonly reason?: string}> {
    if (this.#protocol === 'scp') return {session: await ShellSession.open(this.#pool)};
    try {
      return {session: new SftpSession(await this.#pool.openSftp({apart: true}), this.#pool.endpoint.name)};
    } catch (error) {
      if (this.#protocol === 'sftp' || !hasCode(error, 'ssh.sftp-unavailable')) throw error;
      const session = await ShellSession.open(this.#pool).catch((second: unknown) => {
        // Where there is neither, the way that was meant to be is what is missing.
        throw hasCode(second, 'shell.unavailable') ? error : second;
      });
      return {session, reason: error.message};
    }
  }

  /** A server under load answers late; the shortest of all answers tells the line from it. */
  async #measured(opening: Promise<FileSession>): Promise<FileSession> {
    const session = await opening;
    this.#shortestMs = Math.min(this.#shortestMs, session.roundTripMs);
    return session;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const slot of this.#slots) {
      const session = await slot?.catch(() => undefined);
      session?.end();
    }
  }
}
