import {giveBackChunk, takeChunk} from '../hashing/chunk-memory.js';
import {WaybillError} from '../contracts/errors.js';
import {inOrder} from '../stores/in-parallel.js';
import type {SourceFile} from '../stores/store.js';

export interface ReadAheadOptions {
  /** First byte, and the one after the last. */
  readonly start: number;
  readonly end: number;
  /** Bytes of one yielded chunk; none reaches across a multiple of `boundary`. */
  readonly chunkBytes: number;
  readonly boundary: number;
  /** Bytes of one read: a chunk is put together from several where the source prefers smaller ones. */
  readonly readBytes: number;
  /** Chunks that are read before they are asked for. */
  readonly depth: number;
  readonly signal: AbortSignal;
}

export interface Chunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The bytes of a range in order, read ahead. Rejects with `source.changed` where the source ends before the range does. */
export async function* readAhead(source: SourceFile, options: ReadAheadOptions): AsyncGenerator<Chunk> {
  yield* inOrder(cuts(options), options.depth + 1, ({offset, length}) => readChunk(source, offset, length, options));
}

function* cuts({start, end, chunkBytes, boundary}: ReadAheadOptions) {
  for (let offset = start; offset < end; ) {
    const next = (Math.floor(offset / boundary) + 1) * boundary;
    const length = Math.min(chunkBytes, end - offset, next - offset);
    yield {offset, length};
    offset += length;
  }
}

async function readChunk(
  source: SourceFile,
  offset: number,
  length: number,
  options: ReadAheadOptions,
): Promise<Chunk> {
  if (length <= options.readBytes) return {offset, bytes: await readExactly(source, offset, length, options.signal)};
  const bytes = takeChunk(length);
  const pieces: Promise<void>[] = [];
  for (let at = 0; at < length; at += options.readBytes) {
    const piece = readExactly(source, offset + at, Math.min(options.readBytes, length - at), options.signal);
    pieces.push(
      piece.then((read) => {
        bytes.set(read, at);
        giveBackChunk(read);
      }),
    );
  }
  const settled = await Promise.allSettled(pieces);
  for (const piece of settled) if (piece.status === 'rejected') throw piece.reason;
  return {offset, bytes};
}

/** All `length` bytes: stores may answer with fewer only at the end of the file, which is a source that shrank. */
export async function readExactly(
  source: SourceFile,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await source.read(offset, length, {signal});
  if (bytes.length === length) return bytes;
  throw new WaybillError('source.changed', 'The file became shorter while it was read.', {
    expected: offset + length,
    found: offset + bytes.length,
  });
}
