import {expect, it, vi} from 'vitest';
import {CHUNK_BYTES, giveBackChunk, takeChunk} from './chunk-memory.js';

it('lends the same memory again once it was given back, and never twice at once', () => {
  const first = takeChunk(CHUNK_BYTES);
  const second = takeChunk(CHUNK_BYTES);
  expect(second.buffer).not.toBe(first.buffer);
  giveBackChunk(first.subarray(10, 20));
  giveBackChunk(first);
  const again = [takeChunk(CHUNK_BYTES - 1), takeChunk(CHUNK_BYTES - 1)];
  expect(again.filter(({buffer}) => buffer === first.buffer)).toHaveLength(1);
  for (const chunk of [second, ...again]) giveBackChunk(chunk);
});

it('lends no more than was asked for', () => {
  for (const length of [1, 100_000, CHUNK_BYTES, CHUNK_BYTES + 1, 20 * CHUNK_BYTES])
    expect(takeChunk(length)).toHaveLength(length);
});

it('lends parts of S3 again, too, and never for chunks', () => {
  const part = takeChunk(8 * CHUNK_BYTES);
  giveBackChunk(part);
  const chunk = takeChunk(CHUNK_BYTES);
  const again = takeChunk(4 * CHUNK_BYTES + 1);
  expect(chunk.buffer).not.toBe(part.buffer);
  expect(again.buffer).toBe(part.buffer);
  for (const taken of [chunk, again]) giveBackChunk(taken);
});

it('takes nothing that it did not lend', () => {
  const own = new SharedArrayBuffer(CHUNK_BYTES);
  giveBackChunk(new Uint8Array(own));
  giveBackChunk(Buffer.alloc(CHUNK_BYTES));
  expect(takeChunk(CHUNK_BYTES).buffer).not.toBe(own);
});

it('keeps none of a size that nobody has asked for any more', () => {
  const large = takeChunk(CHUNK_BYTES);
  giveBackChunk(large);
  const now = performance.now();
  const clock = vi.spyOn(performance, 'now');
  clock.mockReturnValue(now + 1_000);
  giveBackChunk(takeChunk(CHUNK_BYTES / 4));
  const soon = takeChunk(CHUNK_BYTES);
  expect(soon.buffer).toBe(large.buffer);
  giveBackChunk(soon);
  clock.mockReturnValue(now + 4_000);
  giveBackChunk(takeChunk(CHUNK_BYTES / 4));
  expect(takeChunk(CHUNK_BYTES).buffer).not.toBe(large.buffer);
  clock.mockRestore();
});
