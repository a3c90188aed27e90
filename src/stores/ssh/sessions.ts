import {WaybillError} from '../../contracts/errors.js';
import {unlessAborted} from '../../ssh/on-abort.js';
import type {SshPool} from '../../ssh/pool.js';
import {SftpSession} from './session.js';

/**
 * A round trip of so many milliseconds makes a line a long one: OpenSSH's window of 2 MiB then holds a connection below
 * 250 MB/s, and several carry one file faster than one.
 */
const LONG_LINE_MS = 8;

/**
 * The SFTP sessions of a store, each on a connection of its own: one connection's cipher keeps one core of the server
 * busy, and its window carries about 2 MiB a round trip. On a long line there are more of them.
 */
export class SftpSessions {
  readonly #pool: SshPool;
  readonly #limit: number;
  readonly #slots: (Promise<SftpSession> | undefined)[];
  #shortestMs = Number.POSITIVE_INFINITY;
  #closed = false;

  /** `limit` on a short line, `longLineLimit` on a long one. */
  constructor(pool: SshPool, limit: number, longLineLimit: number) {
    this.#pool = pool;
    this.#limit = limit;
    this.#slots = Array.from({length: Math.max(limit, longLineLimit)});
  }

  /** Whether one connection's window is too small for the line; false before the first session is open. */
  get isLongLine(): boolean {
    return Number.isFinite(this.#shortestMs) && this.#shortestMs >= LONG_LINE_MS;
  }

  get limit(): number {
    return this.#limit;
  }

  /** The session in slot `index`, opened where it is not open, or not any more. */
  async get(index: number, signal?: AbortSignal): Promise<SftpSession> {
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
  beside(session: SftpSession, signal?: AbortSignal): readonly (() => Promise<SftpSession>)[] {
    if (!this.isLongLine) return [];
    return this.#slots.map((_, index) => async () => {
      const other = await this.get(index, signal);
      if (other === session) throw new WaybillError('store.unavailable', 'This session is in use already.');
      return other;
    });
  }

  /** Whichever of the sessions holds the fewest files open. */
  async leastBusy(signal?: AbortSignal): Promise<SftpSession> {
    const loads = Promise.all(
      this.#slots.slice(0, this.#limit).map(async (slot) => {
        const session = await slot?.catch(() => undefined);
        return session === undefined || session.ended ? 0 : session.openFiles;
      }),
    );
    const known = await unlessAborted(signal, loads);
    return this.get(known.indexOf(Math.min(...known)), signal);
  }

  /** Callers share it and may all give up: it goes on for the next one. */
  async #open(): Promise<SftpSession> {
    const channel = await this.#pool.openSftp({apart: true});
    try {
      return await SftpSession.open(channel, this.#pool.endpoint.name);
    } catch (error) {
      channel.end();
      throw error;
    }
  }

  /** A server under load answers late; the shortest of all answers tells the line from it. */
  async #measured(opening: Promise<SftpSession>): Promise<SftpSession> {
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
