import {WaybillError} from '../../contracts/errors.js';
import type {SshPool} from '../../ssh/pool.js';
import {SftpSession} from './session.js';

/**
 * The SFTP sessions of a store, each on a connection of its own: one connection's cipher keeps one core of the server
 * busy, and its window carries about 2 MiB a round trip.
 */
export class SftpSessions {
  readonly #pool: SshPool;
  readonly #limit: number;
  readonly #slots: (Promise<SftpSession> | undefined)[];
  #closed = false;

  constructor(pool: SshPool, limit: number) {
    this.#pool = pool;
    this.#limit = limit;
    this.#slots = Array.from({length: limit});
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
      const session = await open.catch(() => undefined);
      if (session !== undefined && !session.ended) return session;
      if (this.#slots[index] === open) this.#slots[index] = undefined;
    }
    this.#slots[index] ??= this.#pool
      .openSftp({apart: true})
      .then((channel) => SftpSession.open(channel, this.#pool.endpoint.name));
    return this.#slots[index];
  }

  /** Whichever of the sessions holds the fewest files open. */
  async leastBusy(signal?: AbortSignal): Promise<SftpSession> {
    const loads = await Promise.all(
      this.#slots.map(async (slot) => {
        const session = await slot?.catch(() => undefined);
        return session === undefined || session.ended ? 0 : session.openFiles;
      }),
    );
    return this.get(loads.indexOf(Math.min(...loads)), signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const slot of this.#slots) {
      const session = await slot?.catch(() => undefined);
      session?.end();
    }
  }
}
