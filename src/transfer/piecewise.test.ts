import {open} from 'node:fs/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {intercepted} from '../stores/decorators/intercepted.js';
import type {PlannedFile} from './planned-file.js';
import {BLOCK_BYTES, PIECES} from './blocks.js';
import {moveFile} from './move-file.js';
import {seededBytes, sha256, TwoStores} from './testing/two-stores.js';

const PIECE = BLOCK_BYTES / PIECES;
const SIZE = BLOCK_BYTES + 20 * PIECE + 17;
const content = seededBytes(7, SIZE);

let stores: TwoStores;
let file: PlannedFile;
beforeEach(async () => {
  stores = await TwoStores.create();
  file = await stores.put('data.bin', content);
});
afterEach(() => stores[Symbol.asyncDispose]());

/** One attempt after another that failed, cut when so many pieces are acknowledged. Answers with the bytes of them that are new. */
async function cutAfter(pieces: number): Promise<number> {
  const abort = new AbortController();
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method === 'partial.write') await new Promise((resolve) => setTimeout(resolve, 2));
    return proceed();
  });
  let [sent, gained] = [0, 0];
  const moving = moveFile(
    stores.options(file, {
      ...{to, afterFailure: true, signal: abort.signal, onGain: (bytes) => (gained += bytes)},
      onProgress: ({event, bytes}) => {
        if (event === 'sent' && (sent += bytes) >= pieces * PIECE) abort.abort(new Error('cut'));
      },
    }),
  );
  await expect(moving).rejects.toThrow('cut');
  return gained;
}

test('a block is taken up piece by piece, and only what is wrong of them is sent again', async () => {
  expect(await cutAfter(30)).toBeGreaterThanOrEqual(20 * PIECE);
  expect(await cutAfter(30)).toBeGreaterThanOrEqual(20 * PIECE);
  await using partial = await open(stores.partialOf(file).partial, 'r+');
  await partial.write('other', 3 * PIECE + 5);
  let gained = 0;
  const outcome = await moveFile(stores.options(file, {afterFailure: true, onGain: (bytes) => (gained += bytes)}));
  expect(outcome).toMatchObject({outcome: 'resumed', sha256: sha256(content)});
  if (outcome.outcome === 'failed') throw new Error(outcome.message);
  expect(outcome.sentBytes + outcome.resumedBytes).toBe(SIZE);
  // What was under way at a cut is sent again; the rest is that of both attempts.
  expect(outcome.resumedBytes).toBeGreaterThan(35 * PIECE);
  // The piece that was wrong was sent again, and is no step forward.
  expect(gained).toBe(outcome.sentBytes - PIECE);
  expect((await stores.arrived('data.bin'))?.equals(content)).toBe(true);
});
