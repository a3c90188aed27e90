import {appendFile, symlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {expect, it} from 'vitest';
import {intercepted} from '../../stores/decorators/intercepted.js';
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

it('takes a name that the other side cannot have for missing, and what has no content for left out', async () => {
  await using stores = await TwoStores.create();
  await stores.put('tree/fine', 'content');
  await writeFile(Buffer.concat([Buffer.from(join(stores.source, 'tree/')), Buffer.from([0xff])]), 'lost');
  await symlink('/etc/passwd', join(stores.source, 'tree/link'));
  await copy({store: stores.from, path: 'tree/'}, {store: stores.to, path: 'out'});
  expect(Object.values(await states(stores)).sort()).toEqual(['missing', 'refused', 'same']);
});

it('refuses a selection that is none', async () => {
  await using stores = await TwoStores.create();
  await expect(states(stores, {include: ['']})).rejects.toMatchObject({code: 'input.invalid'});
});

it('looks at many entries at once, at a few large ones that are hashed', async () => {
  await using stores = await TwoStores.create();
  const names = Array.from({length: 20}, (_, index) => `file ${String(index).padStart(2, '0')}`);
  for (const name of names) await stores.put(`tree/${name}`, 'c'.repeat(2 ** 20 - 1));
  await copy({store: stores.from, path: 'tree/'}, {store: stores.to, path: 'out'});
  for (const [by, method, atOnce] of [
    ['size', 'stat', 20],
    ['hash', 'openSource', 20],
    ['hash', 'openSource', 4],
  ] as const) {
    if (atOnce === 4) {
      for (const root of [join(stores.source, 'tree'), join(stores.destination, 'out')])
        for (const name of names) await appendFile(join(root, name), 'c');
    }
    let underWay = 0;
    let most = 0;
    const to = intercepted(stores.to, async (call, proceed) => {
      if (call.method !== method || !call.path.includes('file')) return await proceed();
      most = Math.max(most, (underWay += 1));
      await delay(30);
      underWay -= 1;
      return await proceed();
    });
    const found: string[] = [];
    for await (const {name, state} of check([{store: stores.from, path: 'tree/'}], {store: to, path: 'out'}, {by}))
      found.push(`${name} ${state}`);
    expect(found).toEqual(names.map((name) => `${name} same`));
    expect(most).toBe(atOnce);
  }
});
