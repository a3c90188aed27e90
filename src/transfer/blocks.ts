import type {ByteRange} from '../stores/store.js';

/**
 * The unit of proof: what is sent again when a byte of it is wrong or missing. Smaller ones cost a request to the
 * hasher each, larger ones cost more after a crash.
 */
export const BLOCK_BYTES = 8 * 1024 * 1024;

/** Ledgers stay below a few megabytes: larger files have larger blocks. */
const MOST_BLOCKS = 32_768;

/** The same for every attempt: it depends on the size alone. */
export function blockBytesOf(size: number): number {
  let bytes = BLOCK_BYTES;
  while (size / bytes > MOST_BLOCKS) bytes *= 2;
  return bytes;
}

/**
 * Pieces of a block, which is sent by them after a failure: of a line that drops again and again as much as 128 KiB have to
 * get through. More would fill the ledger, of which an attempt reads all.
 */
export const PIECES = 64;

export function blockCount(size: number, blockBytes: number): number {
  return Math.ceil(size / blockBytes);
}

export function blockRange(index: number, size: number, blockBytes: number): ByteRange {
  const offset = index * blockBytes;
  return {offset, length: Math.min(blockBytes, size - offset)};
}

/** The pieces of a block, in order. */
export function piecesOf({offset, length}: ByteRange, blockBytes: number): readonly ByteRange[] {
  const step = blockBytes / PIECES;
  const count = Math.ceil(length / step);
  return Array.from({length: count}, (_, piece) => ({
    offset: offset + piece * step,
    length: Math.min(step, length - piece * step),
  }));
}
