import {ByteWindow} from './byte-window.js';

/** For whole parts of all uploads of this process, in bytes: an upload that is alone holds six of 8 MiB. */
export const PARTS_BYTES = 160 * 1024 * 1024;

/** What a larger part counts for: of those, one is read, one hashed and one sent, whatever they take. */
const MOST_COUNTED_BYTES = Math.floor(PARTS_BYTES / 3);

const allParts = new ByteWindow(() => PARTS_BYTES);
let uploads = 0;

/**
 * What one upload holds of the memory for parts, which cannot be cut smaller where many share it: an upload has its share of
 * it, in whole parts, and waits where those of all others fill it. Nobody waits while it holds a part
 * that needs another one to go on, and what fails gives back what it holds: so a part comes free in the end.
 */
export class PartMemory {
  readonly #signal: AbortSignal;
  readonly #failed = new AbortController();
  readonly #share = new ByteWindow((bytes) => Math.max(1, Math.round(PARTS_BYTES / uploads / bytes)) * bytes);
  #state: 'unused' | 'open' | 'closed' = 'unused';

  /** Whoever waits gives up with the reason of the signal. */
  constructor(signal: AbortSignal) {
    this.#signal = AbortSignal.any([signal, this.#failed.signal]);
  }

  async take(bytes: number): Promise<void> {
    if (this.#state === 'unused') {
      this.#state = 'open';
      uploads += 1;
    }
    const counted = Math.min(bytes, MOST_COUNTED_BYTES);
    await this.#share.take(counted, this.#signal);
    try {
      await allParts.take(counted, this.#signal);
    } catch (error) {
      this.#share.giveBack(counted);
      throw error;
    }
  }

  giveBack(bytes: number): void {
    if (this.#state !== 'open') return;
    const counted = Math.min(bytes, MOST_COUNTED_BYTES);
    this.#share.giveBack(counted);
    allParts.giveBack(counted);
  }

  /** Whoever waits for memory of this upload, or will, gives up with the reason; what has some goes on. */
  fail(error: unknown): void {
    this.#failed.abort(error);
  }

  /** Gives back what is left, when nothing is read or sent any more. */
  close(): void {
    if (this.#state === 'open') {
      uploads -= 1;
      allParts.giveBack(this.#share.taken);
      this.#share.giveBack(this.#share.taken);
    }
    this.#state = 'closed';
  }
}
