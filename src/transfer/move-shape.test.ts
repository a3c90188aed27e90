import {expect, it} from 'vitest';
import {openLocalStore} from '../stores/local/store.js';
import {openS3Store} from '../stores/s3/store.js';
import {withOriginals} from './compression/originals.js';
import {MEMBER_BYTES} from './compression/member.js';
import {SHARED_BYTES, sharingMemory} from './memory-share.js';
import {moveShape} from './move-shape.js';

const MEBIBYTE = 1024 * 1024;
const local = openLocalStore({name: 'local', root: '/nowhere'});
const credentials = {accessKeyId: 'key', secretAccessKey: 'secret'};
const s3 = openS3Store({name: 's3', endpoint: 'http://127.0.0.1:1', bucket: 'none', credentials});
const compressed = withOriginals(local, new Set());

/** What `look` says while so many files are under way. */
async function among<T>(files: number, look: () => T): Promise<T> {
  if (files === 0) return look();
  return await sharingMemory(() => among(files - 1, look));
}

it.each([
  ['a disk', local, MEBIBYTE, 256 * 1024, 256 * 1024],
  ['S3', s3, 8 * MEBIBYTE, MEBIBYTE, 8 * MEBIBYTE],
  ['a compressed file', compressed, MEMBER_BYTES, MEMBER_BYTES, MEMBER_BYTES],
])(
  'chunks of %s become smaller where many files share memory, and no smaller than is worth a request',
  async (_, from, usual, least, first) => {
    const {reading} = moveShape(from.properties, local.properties);
    expect(reading.firstChunkBytes).toBe(first);
    expect(await among(2, () => reading.chunkBytes)).toBe(usual);
    expect(await among(1_000, () => reading.chunkBytes)).toBe(least);
    expect(await among(1_000, () => reading.depth)).toBe(1);
    expect(reading.chunkBytes).toBe(usual);
  },
);

it('what all files read ahead and write stays near what they share, however many they are', async () => {
  const shape = moveShape(local.properties, local.properties);
  for (const files of [1, 2, 3, 8, 20, 50]) {
    const bytes = await among(
      files,
      () => shape.reading.chunkBytes * (shape.reading.depth + 1) + shape.writeWindowBytes,
    );
    expect(files * bytes).toBeLessThan(1.7 * SHARED_BYTES);
  }
});
