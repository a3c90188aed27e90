import {giveBackChunk} from '../hashing/chunk-memory.js';
import {createChunkHasher} from '../hashing/chunk-hasher.js';
import {Holds} from '../hashing/holds.js';
import type {PartialFile, SourceFile} from '../stores/store.js';
import type {BlockTable, Run} from './block-table.js';
import {sourceChanged} from './changed-source.js';
import {type Chunk, readAhead} from './read-ahead.js';
import type {MoveShape} from './move-shape.js';
import {WritesUnderWay} from './writes-under-way.js';

export interface BlockSenderOptions {
  readonly source: SourceFile;
  /** Whether the source is read over a line. */
  readonly overNetwork: boolean;
  readonly partial: PartialFile;
  readonly table: BlockTable;
  readonly shape: MoveShape;
  readonly signal: AbortSignal;
  /** Whether blocks are hashed on their way. Parts of an upload always are: they travel with their digest. */
  readonly hashes: boolean;
  /** Whether a part is sent when the one before it has arrived. What goes in no parts is sent by pieces then, and not here. */
  readonly oneByOne: boolean;
  /** Parts that wait for their digest or are under way: enough to fill a line, as far as they are of the usual size. */
  readonly partsAtOnce: number;
  /** Throws where this attempt has to stop writing. */
  readonly fence: () => void;
  /** A block is acknowledged, and its digest known where it is hashed. */
  readonly onBlock: (block: number, sha256: string | undefined) => void;
  readonly onAcknowledged: (offset: number, bytes: number) => void;
  /** The destination holds a block already that no ledger has. */
  readonly onHeld: (offset: number, bytes: number) => void;
}

interface OpenBlock {
  unacknowledged: number;
  sha256?: string;
}

/** Sends runs of blocks: reads ahead, hashes on other threads, keeps many writes under way. */
export class BlockSender {
  readonly #options: BlockSenderOptions;
  readonly #writes: WritesUnderWay;
  readonly #open = new Map<number, OpenBlock>();

  constructor(options: BlockSenderOptions) {
    this.#options = options;
    this.#writes = new WritesUnderWay(() => options.shape.writeWindowBytes);
  }

  /** Resolves when everything is handed to the store; blocks are reported as they are acknowledged. */
  async send(run: Run, whole: boolean): Promise<string | undefined> {
    const {source, table, shape, signal} = this.#options;
    const blockBytes = table.blockBytes;
    for (let block = run.first; block < run.end; block++) {
      this.#open.set(block, {unacknowledged: table.range(block).length});
    }
    const hasher = this.#options.hashes
      ? createChunkHasher({
          blockBytes,
          whole,
          onBlock: (block) => this.#hashed(run.first + block.offset / blockBytes, block.sha256),
        })
      : undefined;
    try {
      const end = Math.min(run.end * blockBytes, table.size);
      const chunks = readAhead(source, {
        reading: shape.reading,
        start: run.first * blockBytes,
        end,
        boundary: blockBytes,
        signal,
      });
      for await (const chunk of chunks) {
        const holds = new Holds(() => giveBackChunk(chunk.bytes));
        await this.#write(chunk, holds);
        if (hasher === undefined) holds.release();
        else await hasher.update(chunk.bytes, holds.release);
      }
      return (await hasher?.finish())?.whole;
    } finally {
      hasher?.abandon();
    }
  }

  /** Resolves when no write is under way any more; rejects where one failed. */
  settled(): Promise<void> {
    return this.#writes.settled();
  }

  /** Waits until nothing is under way any more, whatever became of it. */
  async close(): Promise<void> {
    await this.#writes.settled().catch(() => undefined);
  }

  /** Each piece holds the chunk until it is acknowledged; one that failed may still be read by what is under way. */
  async #write(chunk: Chunk, holds: Holds): Promise<void> {
    const step = this.#options.shape.writeBytes;
    for (let at = 0; at < chunk.bytes.length; at += step) {
      const bytes = chunk.bytes.subarray(at, at + step);
      await this.#writes.room(bytes.length);
      this.#options.signal.throwIfAborted();
      this.#options.fence();
      holds.hold();
      this.#start(chunk.offset + at, bytes, holds);
    }
  }

  #start(offset: number, bytes: Uint8Array, holds: Holds): void {
    this.#writes.start(bytes.length, async () => {
      await this.#options.partial.write(offset, bytes, {signal: this.#options.signal});
      holds.release();
      this.#acknowledged(offset, bytes.length);
    });
  }

  #acknowledged(offset: number, bytes: number): void {
    this.#options.onAcknowledged(offset, bytes);
    const block = Math.floor(offset / this.#options.table.blockBytes);
    const open = this.#open.get(block);
    if (open === undefined) return;
    open.unacknowledged -= bytes;
    this.#settle(block, open);
  }

  #hashed(block: number, sha256: string): void {
    const open = this.#open.get(block);
    if (open === undefined) return;
    open.sha256 = sha256;
    this.#settle(block, open);
  }

  #settle(block: number, open: OpenBlock): void {
    if (open.unacknowledged > 0 || (open.sha256 === undefined && this.#options.hashes)) return;
    this.#open.delete(block);
    const before = this.#options.table.digestOf(block);
    // A refuted block of the ledger is read again: other bytes than those that were entered are another file.
    if (before !== undefined && open.sha256 !== undefined && before !== open.sha256)
      this.#writes.fail(sourceChanged(before, open.sha256));
    else this.#options.onBlock(block, open.sha256);
  }
}
