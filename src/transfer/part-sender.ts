import {giveBackChunk} from '../hashing/chunk-memory.js';
import {type ChunkHasher, createChunkHasher} from '../hashing/chunk-hasher.js';
import {Holds} from '../hashing/holds.js';
import type {BlockSenderOptions} from './block-sender.js';
import type {Run} from './block-table.js';
import {sourceChanged} from './changed-source.js';
import {PartMemory} from './part-memory.js';
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
  readonly #memory: PartMemory;
  /** Aborted where parts were lost that were being hashed. */
  readonly #lost = new AbortController();
  readonly #signal: AbortSignal;
  readonly #hashing = new Map<number, Part>();

  constructor(options: BlockSenderOptions) {
    this.#options = options;
    this.#memory = new PartMemory(options.signal);
    this.#signal = AbortSignal.any([options.signal, this.#lost.signal]);
    const {partsAtOnce} = options;
    const {blockBytes} = options.table;
    // Parts that share a line would each get less of it than a part before it drops.
    const most = options.oneByOne ? blockBytes : partsAtOnce * Math.min(blockBytes, USUAL_PART_BYTES);
    this.#writes = new WritesUnderWay(() => Math.max(blockBytes, most));
  }

  /** Resolves when everything is handed to the store; blocks are reported as they are acknowledged. */
  async send(run: Run, whole: boolean): Promise<string | undefined> {
    const {source, overNetwork, table, shape, signal} = this.#options;
    const {blockBytes, size} = table;
    const hasher = createChunkHasher({
      blockBytes,
      whole,
      onBlock: (block) => this.#hashed(run.first + block.offset / blockBytes, block.sha256),
      // Its parts are never told, and nobody may wait for them.
      onFailure: (error) => {
        this.#lost.abort(error);
        this.#memory.fail(error);
      },
    });
    try {
      const parts = readAhead(source, {
        ...{start: run.first * blockBytes, end: Math.min(run.end * blockBytes, size)},
        // What costs no line is read where it is sent from, in one go; else parts are put together from small reads.
        reading: {chunkBytes: blockBytes, readBytes: overNetwork ? shape.reading.readBytes : blockBytes, depth: 1},
        ...{boundary: blockBytes, memory: this.#memory, signal},
      });
      for await (const part of parts) await this.#take(part, hasher);
      return (await hasher.finish()).whole;
    } finally {
      hasher.abandon();
    }
  }

  async #take(part: Chunk, hasher: ChunkHasher): Promise<void> {
    try {
      await this.#writes.room(part.bytes.length, this.#signal);
      this.#signal.throwIfAborted();
      const holds = new Holds(() => giveBackChunk(part.bytes));
      holds.hold();
      this.#hashing.set(part.offset / this.#options.table.blockBytes, {...part, holds});
      await hasher.update(part.bytes, holds.release);
    } catch (error) {
      // The part after this one, which may wait for memory, is waited for before the loop is left.
      this.#memory.fail(error);
      throw error;
    }
  }

  /** Resolves when no write is under way any more; rejects where one failed. */
  settled(): Promise<void> {
    return this.#writes.settled();
  }

  /** Waits until nothing is under way any more, whatever became of it, and frees what it holds. */
  async close(): Promise<void> {
    await this.#writes.settled().catch(() => undefined);
    this.#memory.close();
  }

  #hashed(block: number, sha256: string): void {
    const part = this.#hashing.get(block);
    if (part === undefined || this.#options.signal.aborted) return;
    this.#hashing.delete(block);
    const {length} = part.bytes;
    this.#writes.start(length, () => this.#write(part, block, sha256).finally(() => this.#memory.giveBack(length)));
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
