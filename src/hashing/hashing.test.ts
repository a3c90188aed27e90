import {createHash, randomBytes} from 'node:crypto';
import {mkdtemp, open, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Worker} from 'node:worker_threads';
import {afterAll, afterEach, beforeAll, describe, expect, test, vi} from 'vitest';
import {createChunkHasher, type HashedBlock} from './chunk-hasher.js';
import {CHUNK_BYTES, giveBackChunk, takeChunk} from './chunk-memory.js';
import {hashRanges} from './hash-ranges.js';
import {readFilesHashed} from './read-files.js';

const content = randomBytes(9_000_001);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-hashing-'));
  await writeFile(join(directory, 'content'), content);
});
afterAll(() => rm(directory, {recursive: true}));

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function hashesOf(
  ranges: {offset: number; length: number}[],
  signal?: AbortSignal,
): Promise<(string | undefined)[]> {
  await using handle = await open(join(directory, 'content'));
  const digests: (string | undefined)[] = [];
  for await (const digest of hashRanges(handle.fd, ranges, signal === undefined ? {} : {signal})) digests.push(digest);
  return digests;
}

describe('hashRanges', () => {
  test('answers in the order of the ranges, and undefined where the file ends before', async () => {
    const ranges = Array.from({length: 40}, (_, index) => ({offset: index * 225_000, length: 225_000}));
    const digests = await hashesOf([...ranges, {offset: 9_000_000, length: 2}, {offset: 50, length: 0}]);
    const expected = ranges.map(({offset, length}) => sha256(content.subarray(offset, offset + length)));
    expect(digests).toEqual([...expected, undefined, sha256(Buffer.alloc(0))]);
  });

  test('ends with the reason of the signal', async () => {
    const reason = new Error('enough');
    await expect(hashesOf([{offset: 0, length: 9_000_000}], AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const hashing = hashesOf(
      Array.from({length: 500}, () => ({offset: 0, length: 9_000_000})),
      controller.signal,
    );
    setTimeout(() => controller.abort(reason), 20);
    await expect(hashing).rejects.toBe(reason);
  });

  test('says what the system said', async () => {
    const handle = await open(directory);
    const digests = hashRanges(handle.fd, [{offset: 0, length: 1}]);
    await expect(digests.next()).rejects.toMatchObject({code: 'EISDIR', syscall: 'read'});
    await handle.close();
  });

  test('leaves the event loop free', async () => {
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 1);
    await hashesOf(Array.from({length: 30}, () => ({offset: 0, length: 9_000_000})));
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(10);
  });
});

describe('createChunkHasher', () => {
  test.each([1, 777, 65_536, 3_000_000])(
    'hashes blocks and the whole of chunks of up to %i bytes',
    async (chunkBytes) => {
      const bytes = chunkBytes === 1 ? content.subarray(0, 3000) : content;
      const blockBytes = chunkBytes === 1 ? 1000 : 4_000_000;
      const seen: HashedBlock[] = [];
      const hasher = createChunkHasher({blockBytes, whole: true, onBlock: (block) => seen.push(block)});
      for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
        const chunk = Buffer.from(bytes.subarray(offset, offset + chunkBytes));
        await hasher.update(chunk);
        chunk.fill(0);
      }
      const digests = await hasher.finish();
      const expected: HashedBlock[] = [];
      for (let offset = 0; offset < bytes.length; offset += blockBytes) {
        const block = bytes.subarray(offset, offset + blockBytes);
        expected.push({offset, length: block.length, sha256: sha256(block)});
      }
      expect(digests).toEqual({blocks: expected, whole: sha256(bytes)});
      expect(seen).toEqual(expected);
    },
  );

  test('hashes shared chunks where they are, in turns with others, and says when it needs them no more', async () => {
    const hasher = createChunkHasher({blockBytes: 1_500_000, whole: true});
    const sizes = [1_000_000, 10, 700_000, 64 * 1024, 1_048_576, 3];
    let at = 0;
    let released = 0;
    for (const [index, size] of sizes.entries()) {
      const chunk = index % 2 === 0 ? takeChunk(size) : Buffer.alloc(size);
      content.copy(chunk, 0, at, at + size);
      await hasher.update(chunk, () => {
        released += 1;
        chunk.fill(0);
        giveBackChunk(chunk);
      });
      at += size;
    }
    const {blocks, whole} = await hasher.finish();
    expect(whole).toBe(sha256(content.subarray(0, at)));
    expect(blocks.map((block) => block.sha256)).toEqual(
      [0, 1_500_000].map((offset) => sha256(content.subarray(offset, Math.min(at, offset + 1_500_000)))),
    );
    expect(released).toBe(sizes.length);
  });

  test('hashes nothing at all', async () => {
    expect(await createChunkHasher({whole: true}).finish()).toEqual({blocks: [], whole: sha256(Buffer.alloc(0))});
    expect(await createChunkHasher({blockBytes: 10}).finish()).toEqual({blocks: []});
  });

  test('keeps many streams apart', async () => {
    const parts = Array.from({length: 12}, (_, index) => content.subarray(index * 700_000, (index + 1) * 700_000));
    const digests = await Promise.all(
      parts.map(async (part) => {
        const hasher = createChunkHasher({whole: true});
        for (let offset = 0; offset < part.length; offset += 50_000)
          await hasher.update(part.subarray(offset, offset + 50_000));
        return (await hasher.finish()).whole;
      }),
    );
    expect(digests).toEqual(parts.map(sha256));
  });

  test('can be abandoned', async () => {
    const hasher = createChunkHasher({whole: true, blockBytes: 1_000_000});
    await hasher.update(content);
    hasher.abandon();
    expect((await createChunkHasher({whole: true}).finish()).whole).toBe(sha256(Buffer.alloc(0)));
  });
});

describe('a thread that dies', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Ends the first thread that is asked something, so many times. */
  function endThreads(times: number): void {
    const asked = vi.spyOn(Worker.prototype, 'postMessage');
    let left = times;
    asked.mockImplementation(function (this: Worker) {
      left -= 1;
      if (left === 0) asked.mockRestore();
      void this.terminate();
    });
  }

  test('leaves its ranges and files to another one', async () => {
    endThreads(1);
    expect(await hashesOf([{offset: 3, length: 700_000}])).toEqual([sha256(content.subarray(3, 700_003))]);
    endThreads(1);
    const {files} = await readFilesHashed([{path: join(directory, 'content'), size: content.length}]);
    expect(files).toMatchObject([{outcome: 'read', sha256: sha256(content)}]);
  });

  test('is told at once to who waits for a block, also where only its digest was asked for', async () => {
    const asked = vi.spyOn(Worker.prototype, 'postMessage');
    asked.mockImplementation(function (this: Worker, bytes: unknown) {
      asked.mockRestore();
      this.postMessage(bytes);
      endThreads(1);
    });
    const failure = new Promise((resolve) => {
      const hasher = createChunkHasher({blockBytes: CHUNK_BYTES, onFailure: resolve});
      void hasher.update(takeChunk(CHUNK_BYTES));
    });
    expect(await failure).toMatchObject({code: 'worker.thread-lost'});
  });

  test('ends its streams by a code that says what to do, and the next ones go on', async () => {
    endThreads(1);
    const hasher = createChunkHasher({whole: true});
    await hasher.update(content.subarray(0, 3_000_000)).catch(() => undefined);
    await expect(hasher.finish()).rejects.toMatchObject({code: 'worker.thread-lost', retryable: true});
    const next = createChunkHasher({whole: true});
    await next.update(content);
    expect((await next.finish()).whole).toBe(sha256(content));
  });
});
