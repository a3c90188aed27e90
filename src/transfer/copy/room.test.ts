import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {intercepted} from '../../stores/decorators/intercepted.js';
import type {Store} from '../../stores/store.js';
import {namesBelow} from '../testing/copied-tree.js';
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
  for (const name of ['a', 'b']) await stores.put(`tree/${name}`, seededBytes(2, 6 * MB));
  await copyTo(stores, 12 * MB);
  await expect(copyTo(stores, 5 * MB)).rejects.toMatchObject({code: 'transfer.no-room', expected: 6 * MB});
  expect(await copyTo(stores, 6 * MB)).toMatchObject({copied: 2});
  expect(await copyTo(stores, 1, {removeFirst: true})).toMatchObject({copied: 2});
});

it('counts what an interrupted copy has sent, unless that is not taken up', async () => {
  await using stores = await TwoStores.create();
  await stores.put('tree/large', seededBytes(3, 60 * MB));
  await mkdir(join(stores.destination, 'out'));
  const stop = new AbortController();
  const interrupted = copyTo(stores, 60 * MB, {
    signal: stop.signal,
    limitRate: 100 * MB,
    onEvent: (event) => {
      if (event.event === 'progress' && event.progress.sentBytes > 30 * MB) stop.abort(new Error('enough'));
    },
  });
  await expect(interrupted).rejects.toThrow('enough');
  expect(await copyTo(stores, 30 * MB)).toMatchObject({resumed: 1});
  await expect(copyTo(stores, 30 * MB, {resume: false})).rejects.toMatchObject({code: 'transfer.no-room'});
});
