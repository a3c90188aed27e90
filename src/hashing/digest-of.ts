import {createHash} from 'node:crypto';
import {createChunkHasher} from './chunk-hasher.js';

/** Hashing this much takes a fraction of a millisecond: less than asking a thread. */
const HASH_HERE_BYTES = 256 * 1024;

/** SHA-256 of bytes that are all there, lower-case hexadecimal: on another thread where they are many. */
export async function digestOf(content: Uint8Array): Promise<string> {
  if (content.length <= HASH_HERE_BYTES) return createHash('sha256').update(content).digest('hex');
  const hasher = createChunkHasher({whole: true});
  try {
    await hasher.update(content);
    return (await hasher.finish()).whole ?? createHash('sha256').update(content).digest('hex');
  } finally {
    hasher.abandon();
  }
}
