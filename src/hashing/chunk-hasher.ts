import {BlockDigests, type HashedBlock} from './block-digests.js';

export type {HashedBlock} from './block-digests.js';

import {DigestLane} from './digest-lane.js';
import {leastBusyThread} from './pool.js';
import {giveBackSlot, SLOT_BYTES, takeSlot} from './shared-slots.js';

export interface ChunkHasherOptions {
  /** Bytes of a block; a digest for each is given where this is set. The last block of a stream may be shorter. */
  readonly blockBytes?: number;
  /** Whether the digest of all bytes is wanted too: it costs hashing everything a second time, on another thread. */
  readonly whole?: boolean;
  /** Called for each block as soon as it is hashed, in their order. */
  readonly onBlock?: (block: HashedBlock) => void;
}

export interface ChunkDigests {
  readonly blocks: readonly HashedBlock[];
  /** Set where `whole` was asked for. */
  readonly whole?: string;
}

/**
 * Hashes a stream of chunks on other threads while the caller sends the same chunks on. Chunks are copied into shared
 * memory: measured, that takes the main thread 0.14 s a GiB, where hashing itself takes 0.7 s with SHA instructions
 * and 2.6 s without. At most 4 MiB are held. Not worth its messages for less than some 100 KiB: hash those directly.
 */
export interface ChunkHasher {
  /** Takes a copy of `chunk`, and resolves when there is room for another; one call after the other. Rejects where a thread failed. */
  update(chunk: Uint8Array): Promise<void>;
  /** Ends the stream. The hasher cannot be used afterwards. */
  finish(): Promise<ChunkDigests>;
  /** Frees everything without an answer; for a stream that failed. Harmless after `finish`. */
  abandon(): void;
}

/** Pieces that may wait for their threads. */
const SLOTS = 4;

export function createChunkHasher(options: ChunkHasherOptions): ChunkHasher {
  const whole = options.whole === true ? new DigestLane(leastBusyThread()) : undefined;
  const blocks =
    options.blockBytes === undefined ? undefined : new BlockDigests(options.blockBytes, whole, options.onBlock);
  return new SharedMemoryHasher(whole, blocks);
}

class SharedMemoryHasher implements ChunkHasher {
  readonly #whole: DigestLane | undefined;
  readonly #blocks: BlockDigests | undefined;
  readonly #underWay = new Set<Promise<void>>();
  #slot: SharedArrayBuffer | undefined;
  #filled = 0;
  #failure: Error | undefined;

  constructor(whole: DigestLane | undefined, blocks: BlockDigests | undefined) {
    this.#whole = whole;
    this.#blocks = blocks;
  }

  async update(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.length; ) {
      while (this.#underWay.size >= SLOTS) await Promise.race(this.#underWay);
      if (this.#failure !== undefined) throw this.#failure;
      taken += this.#fill(chunk, taken);
    }
  }

  async finish(): Promise<ChunkDigests> {
    this.#sendOff();
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure;
    const [blocks, whole] = await Promise.all([this.#blocks?.finish() ?? [], this.#whole?.digest()]);
    return whole === undefined ? {blocks} : {blocks, whole};
  }

  abandon(): void {
    this.#whole?.drop();
    this.#blocks?.drop();
  }

  /** Copies as much of the chunk as the slot and the block have room for, and returns how much that was. */
  #fill(chunk: Uint8Array, from: number): number {
    this.#slot ??= takeSlot();
    const room = Math.min(SLOT_BYTES - this.#filled, (this.#blocks?.room ?? SLOT_BYTES) - this.#filled);
    const piece = chunk.subarray(from, from + room);
    new Uint8Array(this.#slot, this.#filled).set(piece);
    this.#filled += piece.length;
    if (piece.length === room) this.#sendOff();
    return piece.length;
  }

  #sendOff(): void {
    const memory = this.#slot;
    const length = this.#filled;
    if (memory === undefined || length === 0) return;
    this.#slot = undefined;
    this.#filled = 0;
    const hashed = Promise.all([this.#whole?.update(memory, length), this.#blocks?.update(memory, length)]).then(
      () => giveBackSlot(memory),
      (error: unknown) => {
        // The slot is not given back: the other thread may still read it.
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      },
    );
    const tracked = hashed.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}
