import {toError} from '../contracts/errors.js';
import {BlockDigests, type HashedBlock} from './block-digests.js';

export type {HashedBlock} from './block-digests.js';

import {CHUNK_BYTES, giveBackChunk, takeChunk} from './chunk-memory.js';
import {DigestLane, type SharedPiece} from './digest-lane.js';
import {Holds} from './holds.js';
import {leastBusyThread} from './pool.js';

export interface ChunkHasherOptions {
  /** Bytes of a block; a digest for each is given where this is set. The last block of a stream may be shorter. */
  readonly blockBytes?: number;
  /** Whether the digest of all bytes is wanted too: it costs hashing everything a second time, on another thread. */
  readonly whole?: boolean;
  /** Called for each block as soon as it is hashed, in their order. */
  readonly onBlock?: (block: HashedBlock) => void;
  /** Called as soon as a thread is lost, which the next call would reject with: for who waits for a block. */
  readonly onFailure?: (error: Error) => void;
}

export interface ChunkDigests {
  readonly blocks: readonly HashedBlock[];
  /** Set where `whole` was asked for. */
  readonly whole?: string;
}

/**
 * Hashes a stream of chunks on other threads while the caller sends the same chunks on. Chunks of shared memory are
 * hashed where they are; others are copied: measured, that takes the main thread 0.14 s a GiB, where hashing itself
 * takes 0.7 s with SHA instructions and 2.6 s without. At most 4 MiB are held. Not worth its messages for less than
 * some 100 KiB: hash those directly.
 */
export interface ChunkHasher {
  /**
   * Adds a chunk, and resolves when there is room for another; one call after the other. The chunk must not change
   * before `released` is called. Rejects with `worker.thread-lost` where a thread died: the stream has to begin again.
   */
  update(chunk: Uint8Array, released?: () => void): Promise<void>;
  /** Ends the stream. The hasher cannot be used afterwards. */
  finish(): Promise<ChunkDigests>;
  /** Frees everything without an answer; for a stream that failed. Harmless after `finish`. */
  abandon(): void;
}

/** Pieces that may wait for their threads. */
const SLOTS = 4;

export function createChunkHasher(options: ChunkHasherOptions): ChunkHasher {
  return new SharedMemoryHasher(options);
}

class SharedMemoryHasher implements ChunkHasher {
  readonly #whole: DigestLane | undefined;
  readonly #blocks: BlockDigests | undefined;
  readonly #onFailure: ((error: Error) => void) | undefined;
  readonly #underWay = new Set<Promise<void>>();
  /** Copies of what was not in shared memory, until they are worth a message. */
  #copies: Buffer | undefined;
  #copied = 0;
  #failure: Error | undefined;

  constructor({whole, blockBytes, onBlock, onFailure}: ChunkHasherOptions) {
    this.#whole = whole === true ? new DigestLane(leastBusyThread()) : undefined;
    const listener = {onBlock, onFailure: (error: unknown) => this.#fail(error)};
    this.#blocks = blockBytes === undefined ? undefined : new BlockDigests(blockBytes, this.#whole, listener);
    this.#onFailure = onFailure;
  }

  async update(chunk: Uint8Array, released?: () => void): Promise<void> {
    if (chunk.buffer instanceof SharedArrayBuffer) this.#sendCopies();
    // Pieces on both sides of a block's end may be hashed by different threads: the last is not always the last.
    const holds = new Holds(() => released?.());
    for (let taken = 0; taken < chunk.length; ) {
      while (this.#underWay.size >= SLOTS) await Promise.race(this.#underWay);
      if (this.#failure !== undefined) throw this.#failure;
      if (chunk.buffer instanceof SharedArrayBuffer) {
        holds.hold();
        const length = Math.min(chunk.length - taken, this.#room);
        this.#hash({memory: chunk.buffer, offset: chunk.byteOffset + taken, length}, holds.release);
        taken += length;
      } else taken += this.#copy(chunk, taken);
    }
    holds.release();
  }

  async finish(): Promise<ChunkDigests> {
    this.#sendCopies();
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure;
    const [blocks, whole] = await Promise.all([this.#blocks?.finish() ?? [], this.#whole?.digest()]);
    return whole === undefined ? {blocks} : {blocks, whole};
  }

  abandon(): void {
    this.#whole?.drop();
    this.#blocks?.drop();
  }

  get #room(): number {
    return this.#blocks?.room ?? Number.MAX_SAFE_INTEGER;
  }

  /** Copies as much of the chunk as there is room for, and returns how much that was. */
  #copy(chunk: Uint8Array, from: number): number {
    this.#copies ??= takeChunk(CHUNK_BYTES);
    const room = Math.min(CHUNK_BYTES, this.#room) - this.#copied;
    const piece = chunk.subarray(from, from + room);
    this.#copies.set(piece, this.#copied);
    this.#copied += piece.length;
    if (piece.length === room) this.#sendCopies();
    return piece.length;
  }

  #sendCopies(): void {
    const [copies, length] = [this.#copies, this.#copied];
    if (copies === undefined || !(copies.buffer instanceof SharedArrayBuffer) || length === 0) return;
    this.#copies = undefined;
    this.#copied = 0;
    this.#hash({memory: copies.buffer, offset: copies.byteOffset, length}, () => giveBackChunk(copies));
  }

  #fail(error: unknown): void {
    this.#failure ??= toError(error);
    this.#onFailure?.(this.#failure);
  }

  #hash(piece: SharedPiece, released: () => void): void {
    const hashed = Promise.all([this.#whole?.update(piece), this.#blocks?.update(piece)]).then(
      () => released(),
      // Not released: the other thread may still read it.
      (error: unknown) => this.#fail(error),
    );
    const tracked = hashed.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}
