import {afterEach, beforeEach, expect, test} from 'vitest';
import {intercepted} from '../stores/decorators/intercepted.js';
import {withProperties} from '../stores/decorators/limited.js';
import type {Store} from '../stores/store.js';
import {Ledger} from './ledger.js';
import {headOf} from './ledger-record.js';
import {plainPartial} from './plain-partial.js';
import type {PlannedFile} from './planned-file.js';
import {PARTIALS, TwoStores} from './testing/two-stores.js';

const MEBIBYTE = 1024 * 1024;
const [USUAL, SMALLEST] = [8 * MEBIBYTE, 5 * MEBIBYTE];
const {signal} = new AbortController();
const size = 41 * MEBIBYTE;
const file: PlannedFile = {name: 'f', kind: 'file', size, mode: 0o600, modifiedAt: 0, identity: 'one'};
const of = {owner: 'test', destination: 'out/f', identity: 'one', size};

let stores: TwoStores;
let to: Store;
beforeEach(async () => {
  stores = await TwoStores.create();
  to = withProperties(stores.to, {partBytes: () => USUAL, leastPartBytes: () => SMALLEST});
});
afterEach(() => stores[Symbol.asyncDispose]());

const find = (stalled: boolean) => plainPartial(of, {to, partials: PARTIALS, file, stalled, signal});

async function enter(ledgerPath: string, partBytes: number, ...parts: readonly number[]): Promise<void> {
  const ledger = await Ledger.open(to, ledgerPath, headOf(file, partBytes), signal);
  for (const part of parts) ledger.enter(part, 'a'.repeat(64));
  await ledger.settled();
  await ledger.close();
}

test('smallest parts are begun where an attempt got no further, unless a whole usual part has arrived', async () => {
  const usual = await find(false);
  expect(usual).toMatchObject({heldBytes: 0, blockBytes: USUAL});
  expect(usual).not.toHaveProperty('partBytes');
  expect(await find(true)).toMatchObject({partBytes: SMALLEST, heldBytes: 0});
  // The last one, of a mebibyte.
  await enter(usual.ledger, USUAL, 5);
  expect(await find(true)).toMatchObject({partBytes: SMALLEST});
  await enter(usual.ledger, USUAL, 5, 2);
  expect(await find(true)).toEqual({...usual, heldBytes: 9 * MEBIBYTE});
});

test('what has arrived in smallest parts is gone on with while it is more, whatever became of attempts before', async () => {
  const [usual, smallest] = [await find(false), await find(true)];
  await enter(smallest.ledger, SMALLEST, 0, 1, 2, 3, 4);
  await enter(usual.ledger, USUAL, 0);
  for (const stalled of [false, true]) {
    expect(await find(stalled)).toEqual({...smallest, heldBytes: 25 * MEBIBYTE});
  }
  await enter(usual.ledger, USUAL, 0, 1, 2, 3);
  for (const stalled of [false, true]) expect(await find(stalled)).toEqual({...usual, heldBytes: 32 * MEBIBYTE});
});

test('both ledgers are asked for before either answers, and one alone where the usual parts are the smallest', async () => {
  const asked: string[] = [];
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const inner = to;
  to = intercepted(inner, async ({method, path}, proceed) => {
    if (method === 'getObject') {
      asked.push(path);
      await answered;
    }
    return await proceed();
  });
  const found = find(false);
  try {
    await expect.poll(() => asked.length).toBe(2);
  } finally {
    answer();
  }
  const {ledgers} = await found;
  expect(asked.sort()).toEqual([...ledgers].sort());
  asked.length = 0;
  to = withProperties(to, {leastPartBytes: () => USUAL});
  await plainPartial(of, {to, partials: PARTIALS, file: {...file, compressAs: 'f.gz'}, stalled: false, signal});
  expect(asked).toEqual([(await find(false)).ledger]);
});
