import {utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {TwoStores} from '../testing/two-stores.js';
import {check, type CheckOptions} from './check.js';
import {copy} from './copy.js';

async function states(stores: TwoStores, options: CheckOptions = {}): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  const from = {store: stores.from, path: 'tree/'};
  for await (const {name, state} of check([from], {store: stores.to, path: 'out'}, options)) found[name] = state;
  return found;
}

it('compares by size, time or hash, and changes nothing', async () => {
  await using stores = await TwoStores.create();
  for (const name of ['same', 'sub/touched', 'sub/flipped', 'longer', 'gone'])
    await stores.put(`tree/${name}`, 'content');
  expect(await states(stores)).toMatchObject({same: 'missing', sub: 'missing', 'sub/touched': 'missing'});
  await utimes(join(stores.source, 'tree/sub/flipped'), 2_000_000, 2_000_000);
  await copy({store: stores.from, path: 'tree/'}, {store: stores.to, path: 'out'}, {exclude: ['gone']});
  const out = join(stores.destination, 'out');
  await writeFile(join(out, 'sub/flipped'), 'c0ntent');
  await utimes(join(out, 'sub/flipped'), 2_000_000, 2_000_000);
  await utimes(join(out, 'sub/touched'), 1_000_000, 1_000_000);
  await writeFile(join(out, 'longer'), 'content and more');
  const always = {same: 'same', sub: 'same', longer: 'differs', gone: 'missing'};
  expect(await states(stores)).toEqual({...always, 'sub/touched': 'same', 'sub/flipped': 'differs'});
  expect(await states(stores, {by: 'size'})).toEqual({...always, 'sub/touched': 'same', 'sub/flipped': 'same'});
  expect(await states(stores, {by: 'time'})).toEqual({...always, 'sub/touched': 'differs', 'sub/flipped': 'same'});
  expect(await states(stores, {include: ['same']})).toEqual({same: 'same'});
});
