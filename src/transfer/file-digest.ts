import {createHash} from 'node:crypto';
import {createChunkHasher} from '../hashing/chunk-hasher.js';
import type {Store, StorePath} from '../stores/store.js';
import {readAhead} from './read-ahead.js';

/** Reading less than this costs less than a shell that hashes it. */
export const WORTH_A_SHELL_BYTES = 1024 * 1024;

/** SHA-256 of a file of a store: hashed where it lies, or else read once from its beginning to its end. */
export async function digestOf(store: Store, path: StorePath, size: number, signal: AbortSignal): Promise<string> {
  if (size === 0) return createHash('sha256').digest('hex');
  const hashed = size < WORTH_A_SHELL_BYTES ? undefined : await store.hash?.(path, {signal});
  if (hashed !== undefined) return hashed.sha256;
  const source = await store.openSource(path, {signal});
  const hasher = createChunkHasher({whole: true});
  try {
    const {preferredChunkBytes: chunkBytes, preferredDepth: depth} = store.properties;
    const chunks = readAhead(source, {
      ...{reading: {chunkBytes, readBytes: chunkBytes, depth}, start: 0, end: size, boundary: chunkBytes, signal},
    });
    for await (const chunk of chunks) await hasher.update(chunk.bytes);
    return (await hasher.finish()).whole ?? '';
  } finally {
    hasher.abandon();
    await source.close();
  }
}
