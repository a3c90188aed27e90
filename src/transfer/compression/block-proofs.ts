import type {ByteRange, PartialFile} from '../../stores/store.js';

/** Requests to a hasher cost a round trip each: as many blocks as are ready go into one. */
const MOST_AT_ONCE = 64;

export interface BlockProofsOptions {
  readonly partial: PartialFile;
  readonly rangeOf: (block: number) => ByteRange;
  readonly signal: AbortSignal;
  readonly onProved: (block: number) => void;
  readonly onRefuted: (block: number, expected: string, found: string | undefined) => void;
}

/** Hashes blocks where they lie, while others are sent. */
export class BlockProofs {
  readonly #options: BlockProofsOptions;
  #waiting: {readonly block: number; readonly sha256: string}[] = [];
  #proving: Promise<void> = Promise.resolve();

  constructor(options: BlockProofsOptions) {
    this.#options = options;
  }

  add(block: number, sha256: string): void {
    this.#waiting.push({block, sha256});
    this.#proving = this.#proving.then(() => this.#prove());
    this.#proving.catch(() => undefined);
  }

  /** Resolves when everything that was added is proved or refuted; rejects where one could not be hashed. */
  settled(): Promise<void> {
    return this.#proving;
  }

  async #prove(): Promise<void> {
    const {partial, rangeOf, signal, onProved, onRefuted} = this.#options;
    const blocks = this.#waiting.splice(0, MOST_AT_ONCE);
    const answers = blocks.values();
    if (blocks.length === 0) return;
    for await (const found of partial.hash(
      blocks.map(({block}) => rangeOf(block)),
      {signal},
    )) {
      const next = answers.next();
      if (next.done === true) break;
      const {block, sha256} = next.value;
      if (found === sha256) onProved(block);
      else onRefuted(block, sha256, found);
    }
  }
}
