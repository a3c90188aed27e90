/** Larger pieces cost fewer messages: measured, 64 KiB hash at 0.7 times the speed of 1 MiB. */
export const CHUNK_BYTES = 1024 * 1024;

/** The usual parts of S3, which go out and come in whole. */
const PART_BYTES = 8 * CHUNK_BYTES;

/** Members of compressed files. */
const MEMBER_BYTES = 4 * CHUNK_BYTES;

/** For less, the garbage collector is cheaper than a chunk that is mostly empty. */
const LEAST_BYTES = 64 * 1024;

interface Shelf {
  readonly bytes: number;
  /** Free ones that are kept; more than these are left to the garbage collector. */
  readonly kept: number;
  readonly free: SharedArrayBuffer[];
  /** When one was last asked for, by `performance.now`. */
  askedAt: number;
}

/** Where many files share memory, they take smaller chunks than before: those they took then are kept for so long. */
const UNUSED_MS = 2_000;

const shelves: readonly Shelf[] = [
  {bytes: CHUNK_BYTES / 4, kept: 64, free: [], askedAt: 0},
  {bytes: CHUNK_BYTES / 2, kept: 32, free: [], askedAt: 0},
  {bytes: CHUNK_BYTES, kept: 32, free: [], askedAt: 0},
  {bytes: MEMBER_BYTES, kept: 8, free: [], askedAt: 0},
  {bytes: PART_BYTES, kept: 8, free: [], askedAt: 0},
];
const lent = new WeakMap<ArrayBufferLike, Shelf>();

/**
 * Memory for a chunk on its way, which threads see without a copy. Measured: with memory of its own for every chunk and
 * packet, collecting garbage took half of the processor time of a transfer. Whoever takes one gives it back when
 * nothing reads or writes it any more, or forgets it: then it is garbage like any other.
 */
export function takeChunk(length: number): Buffer {
  const shelf = length < LEAST_BYTES ? undefined : shelves.find(({bytes}) => length <= bytes);
  if (shelf === undefined) return Buffer.allocUnsafeSlow(length);
  shelf.askedAt = performance.now();
  const memory = shelf.free.pop() ?? new SharedArrayBuffer(shelf.bytes);
  lent.set(memory, shelf);
  return Buffer.from(memory, 0, length);
}

/** Harmless for memory that was not taken here, and for what was given back already. */
export function giveBackChunk({buffer}: Uint8Array): void {
  const shelf = lent.get(buffer);
  if (!(buffer instanceof SharedArrayBuffer) || shelf === undefined) return;
  lent.delete(buffer);
  if (shelf.free.length < shelf.kept) shelf.free.push(buffer);
  const now = performance.now();
  for (const other of shelves) if (other !== shelf && now - other.askedAt > UNUSED_MS) other.free.length = 0;
}
