import {join} from 'node:path';
import {expect, it} from 'vitest';
import {intercepted} from '../../stores/decorators/intercepted.js';
import type {Store} from '../../stores/store.js';
import {endedAfter, namesBelow} from '../testing/copied-tree.js';
import {seededBytes, TwoStores} from '../testing/two-stores.js';
import {copy, type CopyOptions} from './copy.js';

const MB = 1_000_000;

/** The destination, which says that so many bytes are free. */
function withFree(to: Store, bytes: number): Store {
  return Object.assign(
    intercepted(to, (_, proceed) => proceed()),
    {freeSpace: () => Promise.resolve(bytes)},
  );
}

async function copyTo(stores: TwoStores, free: number, options: CopyOptions = {}) {
  const {counts} = await copy(
    {store: stores.from, path: 'tree/'},
    {store: withFree(stores.to, free), path: 'out'},
    options,
  );
  return counts;
}

/** A copy of 60 MB, of which something more than 30 has arrived. */
async function interruptHalfWay(stores: TwoStores): Promise<void> {
  await stores.put('tree/large', seededBytes(3, 60 * MB));
  const interrupted = copyTo(stores, 60 * MB, {...endedAfter(30 * MB), limitRate: 100 * MB});
  await expect(interrupted).rejects.toThrow('enough');
}

it('refuses what cannot fit before it writes anything, and says how much is missing', async () => {
  await using stores = await TwoStores.create();
  for (const name of ['a', 'b']) await stores.put(`tree/${name}`, seededBytes(1, 6 * MB));
  await expect(copyTo(stores, 11 * MB)).rejects.toMatchObject({
    code: 'transfer.no-room',
    expected: 12 * MB,
    found: 11 * MB,
  });
  expect(await namesBelow(join(stores.destination, 'out'))).toEqual([]);
  expect(await copyTo(stores, 12 * MB)).toMatchObject({copied: 2});
});

it('counts what is replaced as room, but for one file that is there twice meanwhile', async () => {
  await using stores = await TwoStores.create();
  for (const name of ['a', 'b']) await stores.put(`tree/${name}`, seededBytes(2, 10 * MB));
  await stores.put('tree/small', seededBytes(2, 3 * MB));
  await copyTo(stores, 23 * MB);
  await expect(copyTo(stores, 9 * MB)).rejects.toMatchObject({code: 'transfer.no-room', expected: 10 * MB});
  expect(await copyTo(stores, 10 * MB)).toMatchObject({copied: 3});
  await expect(copyTo(stores, 2 * MB, {removeFirst: true})).rejects.toMatchObject({expected: 3 * MB});
  expect(await copyTo(stores, 3 * MB, {removeFirst: true})).toMatchObject({copied: 3});
});

it('needs no room for what stays', async () => {
  await using stores = await TwoStores.create();
  await stores.put('tree/a', seededBytes(3, 9 * MB));
  await copyTo(stores, 9 * MB);
  await stores.put('tree/b', seededBytes(4, 2 * MB));
  for (const overwrite of ['different', 'never'] as const) {
    await expect(copyTo(stores, MB, {overwrite})).rejects.toMatchObject({expected: 2 * MB});
  }
  expect(await copyTo(stores, 2 * MB, {overwrite: 'different'})).toMatchObject({copied: 1, skipped: 1});
});

it('counts what an interrupted copy has sent', async () => {
  await using stores = await TwoStores.create();
  await interruptHalfWay(stores);
  await expect(copyTo(stores, 1)).rejects.toMatchObject({code: 'transfer.no-room'});
  expect(await copyTo(stores, 30 * MB)).toMatchObject({resumed: 1});
});

it('counts nothing of an interrupted copy that is not taken up', async () => {
  await using stores = await TwoStores.create();
  await interruptHalfWay(stores);
  await expect(copyTo(stores, 30 * MB, {resume: false})).rejects.toMatchObject({expected: 60 * MB});
});
