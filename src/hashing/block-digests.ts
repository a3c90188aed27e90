import {DigestLane, type SharedPiece} from './digest-lane.js';
import {leastBusyThread} from './pool.js';

export interface HashedBlock {
  /** Counted from the first byte that the hasher was given. */
  readonly offset: number;
  readonly length: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

interface BlockListener {
  readonly onBlock: ((block: HashedBlock) => void) | undefined;
  /** No block that comes after is told. `finish` rejects with it, too. */
  readonly onFailure: (error: unknown) => void;
}

/** Cuts a stream into blocks and hashes each on a thread, beside the one that `other` uses. */
export class BlockDigests {
  readonly #blockBytes: number;
  readonly #other: DigestLane | undefined;
  readonly #listener: BlockListener;
  readonly #done: HashedBlock[] = [];
  #pending: Promise<void> = Promise.resolve();
  #lane: DigestLane | undefined;
  #offset = 0;
  #length = 0;

  constructor(blockBytes: number, other: DigestLane | undefined, listener: BlockListener) {
    this.#blockBytes = blockBytes;
    this.#other = other;
    this.#listener = listener;
  }

  /** Bytes that the block under way still takes. */
  get room(): number {
    return this.#blockBytes - this.#length;
  }

  /** Adds bytes to the block under way: no more than it has room for. */
  async update(piece: SharedPiece): Promise<void> {
    this.#lane ??= new DigestLane(leastBusyThread(this.#other?.thread));
    this.#length += piece.length;
    const updated = this.#lane.update(piece);
    if (this.room === 0) this.#endBlock(this.#lane);
    await updated;
  }

  async finish(): Promise<readonly HashedBlock[]> {
    if (this.#lane !== undefined) this.#endBlock(this.#lane);
    await this.#pending;
    return this.#done;
  }

  drop(): void {
    this.#lane?.drop();
  }

  #endBlock(lane: DigestLane): void {
    const [offset, length] = [this.#offset, this.#length];
    const digest = lane.digest();
    this.#pending = Promise.all([digest, this.#pending]).then(([sha256]) => {
      this.#done.push({offset, length, sha256});
      this.#listener.onBlock?.({offset, length, sha256});
    });
    this.#pending.catch(this.#listener.onFailure);
    this.#lane = undefined;
    this.#offset += length;
    this.#length = 0;
  }
}
