import type {FileHandle} from 'node:fs/promises';

/** One system call cannot be interrupted: this many bytes at most lie between an abort and its effect. */
const SLICE_BYTES = 4 * 1024 * 1024;

/** Writes all of `chunk` at `offset`, however little the system takes at once. */
export async function writeFully(
  handle: FileHandle,
  chunk: Uint8Array,
  offset: number,
  signal?: AbortSignal,
): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    signal?.throwIfAborted();
    const length = Math.min(SLICE_BYTES, chunk.length - written);
    const {bytesWritten} = await handle.write(chunk, written, length, offset + written);
    written += bytesWritten;
  }
}
