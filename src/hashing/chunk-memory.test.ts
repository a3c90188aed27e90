import {expect, it} from 'vitest';
import {CHUNK_BYTES, giveBackChunk, takeChunk} from './chunk-memory.js';

it('lends the same memory again once it was given back, and never twice at once', () => {
  const first = takeChunk(CHUNK_BYTES);
  const second = takeChunk(CHUNK_BYTES);
  expect(second.buffer).not.toBe(first.buffer);
  giveBackChunk(first.subarray(10, 20));
  giveBackChunk(first);
  const again = [takeChunk(100_000), takeChunk(100_000)];
  expect(again.filter(({buffer}) => buffer === first.buffer)).toHaveLength(1);
  for (const chunk of [second, ...again]) giveBackChunk(chunk);
});

it('lends no more than was asked for', () => {
  for (const length of [1, 100_000, CHUNK_BYTES, CHUNK_BYTES + 1]) expect(takeChunk(length)).toHaveLength(length);
});

it('takes nothing that it did not lend', () => {
  const own = new SharedArrayBuffer(CHUNK_BYTES);
  giveBackChunk(new Uint8Array(own));
  giveBackChunk(Buffer.alloc(CHUNK_BYTES));
  expect(takeChunk(CHUNK_BYTES).buffer).not.toBe(own);
});
