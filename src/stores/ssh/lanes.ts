import {hasCode} from '../../contracts/errors.js';
import type {FileSession} from './file-session.js';

/** A file held open on one session. */
export interface Lane {
  readonly session: FileSession;
  readonly handle: Buffer;
}

interface OpenLane extends Lane {
  bytesUnderWay: number;
}

/** Below this, the file has crossed the line before more connections are made. */
const WORTH_MORE_BYTES = 16 * 1024 * 1024;

/**
 * One file, held open on several sessions where the line is long: each has a window of its own, and each read or write
 * goes where the fewest bytes are under way.
 */
export class Lanes {
  readonly first: Lane;
  readonly #open: OpenLane[];
  #closed = false;

  /** Those of `more` that cannot be opened are done without. */
  constructor(first: Lane, size: number, more: readonly (() => Promise<Lane>)[] = []) {
    this.first = first;
    first.session.openFiles += 1;
    this.#open = [{...first, bytesUnderWay: 0}];
    if (size >= WORTH_MORE_BYTES) for (const open of more) void this.#add(open);
  }

  async use<T>(bytes: number, work: (lane: Lane) => Promise<T>): Promise<T> {
    const usable = this.#open.filter(({session}) => !session.ended);
    const lane = usable.reduce<OpenLane | undefined>(
      (best, each) => (best === undefined || each.bytesUnderWay < best.bytesUnderWay ? each : best),
      undefined,
    );
    if (lane === undefined) return await work(this.first);
    lane.bytesUnderWay += bytes;
    try {
      return await work(lane);
    } finally {
      lane.bytesUnderWay -= bytes;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // What is still being opened is closed when it is there: a connection may take seconds.
    await Promise.all(this.#open.map((lane) => closeLane(lane)));
  }

  async #add(open: () => Promise<Lane>): Promise<void> {
    const lane = await open().catch(() => undefined);
    if (lane === undefined) return;
    lane.session.openFiles += 1;
    // Nobody waits for this one: the server closes it with the session at the latest.
    if (this.#closed) await closeLane(lane).catch(() => undefined);
    else this.#open.push({...lane, bytesUnderWay: 0});
  }
}

/** The server closes what a session held when it ends, also when it ends under this very request. */
async function closeLane({session, handle}: Lane): Promise<void> {
  session.openFiles -= 1;
  if (session.ended) return;
  await session.closeHandle(handle).catch((error: unknown) => {
    if (!hasCode(error, 'ssh.connection-lost')) throw error;
  });
}
