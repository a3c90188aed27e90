import {giveBackChunk} from '../hashing/chunk-memory.js';
import {createChunkHasher} from '../hashing/chunk-hasher.js';
import {Holds} from '../hashing/holds.js';
import type {BlockSenderOptions} from './block-sender.js';
import type {Run} from './block-table.js';
import {sourceChanged} from './changed-source.js';
import {type Chunk, readAhead} from './read-ahead.js';
import {WritesUnderWay} from './writes-under-way.js';

/** Bytes that a part counts for at most: of larger ones, fewer are under way. */
const USUAL_PART_BYTES = 8 * 1024 * 1024;

interface Part extends Chunk {
  /** Nothing holds the memory of a part any more that was sent and hashed; what failed may still be read. */
  readonly holds: Holds;
}

/**
 * Sends runs of blocks to a store that takes each as one whole part, with its digest: so a part goes out when it is
 * hashed, while the next ones are read and hashed. Holds two parts more than may be under way.
 */
export class PartSender {
  readonly #options: BlockSenderOptions;
  readonly #writes: WritesUnderWay;
  readonly #hashing = new Map<number, Part>();

  constructor(options: BlockSenderOptions) {
    this.#options = options;
    const {partsAtOnce} = options;
    const {blockBytes} = options.table;
    // Parts that share a line would each get less of it than a part before it drops.
    const most = options.oneByOne ? blockBytes : partsAtOnce * Math.min(blockBytes, USUAL_PART_BYTES);
    this.#writes = new WritesUnderWay(Math.max(blockBytes, most));
  }

  /** Resolves when everything is handed to the store; blocks are reported as they are acknowledged. */
  async send(run: Run, whole: boolean): Promise<string | undefined> {
    const {source, overNetwork, table, shape, signal} = this.#options;
    const {blockBytes, size} = table;
    const hasher = createChunkHasher({
      blockBytes,
      whole,
      onBlock: (block) => this.#hashed(run.first + block.offset / blockBytes, block.sha256),
    });
    try {
      const parts = readAhead(source, {
        ...{start: run.first * blockBytes, end: Math.min(run.end * blockBytes, size)},
        ...{chunkBytes: blockBytes, boundary: blockBytes, depth: 1, signal},
        // What costs no line is read where it is sent from, in one go; else parts are put together from small reads.
        readBytes: overNetwork ? shape.reading.readBytes : blockBytes,
      });
      for await (const part of parts) {
        await this.#writes.room(part.bytes.length);
        signal.throwIfAborted();
        const holds = new Holds(() => giveBackChunk(part.bytes));
        holds.hold();
        this.#hashing.set(part.offset / blockBytes, {...part, holds});
        await hasher.update(part.bytes, holds.release);
      }
      return (await hasher.finish()).whole;
    } finally {
      hasher.abandon();
    }
  }

  /** Resolves when no write is under way any more; rejects where one failed. */
  settled(): Promise<void> {
    return this.#writes.settled();
  }

  #hashed(block: number, sha256: string): void {
    const part = this.#hashing.get(block);
    if (part === undefined) return;
    this.#hashing.delete(block);
    this.#writes.start(part.bytes.length, () => this.#write(part, block, sha256));
  }

  async #write({offset, bytes, holds}: Part, block: number, sha256: string): Promise<void> {
    const {partial, table, signal, fence, onAcknowledged, onBlock, onHeld} = this.#options;
    const before = table.digestOf(block);
    // A refuted block of the ledger is read again: other bytes than those that were entered are another file.
    if (before !== undefined && before !== sha256) throw sourceChanged(before, sha256);
    // An attempt that died before it could enter the part has sent it.
    if (partial.holds?.(offset, bytes, sha256) === true) {
      onHeld(offset, bytes.length);
      onBlock(block, sha256);
      holds.release();
      return;
    }
    fence();
    await partial.write(offset, bytes, {signal, sha256});
    holds.release();
    onAcknowledged(offset, bytes.length);
    onBlock(block, sha256);
  }
}
