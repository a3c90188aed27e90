import {giveBackChunk, takeChunk} from '../hashing/chunk-memory.js';
import {WaybillError} from '../contracts/errors.js';
import {inOrder} from '../stores/in-parallel.js';
import type {ByteRange, SourceFile} from '../stores/store.js';
import type {PartMemory} from './part-memory.js';

/** Asked anew for each chunk. */
export interface Reading {
  /** Bytes of one yielded chunk. */
  readonly chunkBytes: number;
  /** The same in the first block of the file, up to `boundary`. Default `chunkBytes`. */
  readonly firstChunkBytes?: number;
  /** Bytes of one read: a chunk is put together from several where the source prefers smaller ones. */
  readonly readBytes: number;
  /** Chunks that are read before they are asked for. */
  readonly depth: number;
}

export interface ReadAheadOptions {
  /** First byte, and the one after the last. */
  readonly start: number;
  readonly end: number;
  /** No chunk reaches across a multiple of it. */
  readonly boundary: number;
  readonly reading: Reading;
  readonly signal: AbortSignal;
  /** Waited for before a chunk is read, which holds it from then on. */
  readonly memory?: PartMemory;
}

export interface Chunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The bytes of a range in order, read ahead. Rejects with `source.changed` where the source ends before the range does. */
export async function* readAhead(source: SourceFile, options: ReadAheadOptions): AsyncGenerator<Chunk> {
  const {reading, memory} = options;
  const read = async ({offset, length}: ByteRange): Promise<Chunk> => {
    await memory?.take(length);
    try {
      return await readChunk(source, offset, length, options);
    } catch (error) {
      memory?.giveBack(length);
      // The next one, which may wait for memory, is waited for before this is told.
      memory?.fail(error);
      throw error;
    }
  };
  yield* inOrder(cuts(options), () => reading.depth + 1, read);
}

function* cuts({start, end, reading, boundary}: ReadAheadOptions) {
  for (let offset = start; offset < end; ) {
    const next = (Math.floor(offset / boundary) + 1) * boundary;
    const {chunkBytes, firstChunkBytes = chunkBytes} = reading;
    const length = Math.min(next <= boundary ? firstChunkBytes : chunkBytes, end - offset, next - offset);
    yield {offset, length};
    offset += length;
  }
}

async function readChunk(
  source: SourceFile,
  offset: number,
  length: number,
  {reading: {readBytes}, signal}: ReadAheadOptions,
): Promise<Chunk> {
  if (length <= readBytes) return {offset, bytes: await readExactly(source, offset, length, signal)};
  const bytes = takeChunk(length);
  const pieces: Promise<void>[] = [];
  for (let at = 0; at < length; at += readBytes) {
    const piece = readExactly(source, offset + at, Math.min(readBytes, length - at), signal);
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
