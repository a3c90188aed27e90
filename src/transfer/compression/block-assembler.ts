import {takeChunk} from '../../hashing/chunk-memory.js';

export interface AssembledBlock {
  readonly block: number;
  readonly bytes: Buffer;
}

/** Puts blocks together out of a stream whose pieces come in order; bytes of blocks that nobody needs are dropped. */
export class BlockAssembler {
  readonly #blockBytes: number;
  readonly #isNeeded: (block: number) => boolean;
  #open: {readonly block: number; readonly bytes: Buffer; filled: number} | undefined;

  constructor(blockBytes: number, isNeeded: (block: number) => boolean) {
    this.#blockBytes = blockBytes;
    this.#isNeeded = isNeeded;
  }

  /** The blocks that this piece completes. */
  *add(offset: number, bytes: Uint8Array): Generator<AssembledBlock> {
    for (let taken = 0; taken < bytes.length; ) {
      const at = offset + taken;
      const block = Math.floor(at / this.#blockBytes);
      const within = at - block * this.#blockBytes;
      const piece = bytes.subarray(taken, taken + this.#blockBytes - within);
      taken += piece.length;
      if (!this.#isNeeded(block)) continue;
      this.#open ??= {block, bytes: takeChunk(this.#blockBytes), filled: 0};
      if (this.#open.block !== block || this.#open.filled !== within) throw new RangeError(`a gap in block ${block}`);
      this.#open.bytes.set(piece, within);
      this.#open.filled += piece.length;
      if (this.#open.filled === this.#blockBytes) yield* this.rest();
    }
  }

  /** What is left when the stream has ended: the last block, which may be shorter. */
  *rest(): Generator<AssembledBlock> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) yield {block: open.block, bytes: open.bytes.subarray(0, open.filled)};
  }
}
