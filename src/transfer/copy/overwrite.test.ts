import {readFile, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {copyAcross} from '../testing/copied-tree.js';
import {TwoStores} from '../testing/two-stores.js';
import type {CopyOptions} from './copy.js';

async function copyOver(overwrite: CopyOptions['overwrite'], options: CopyOptions = {}) {
  const stores = await TwoStores.create();
  const put = async (name: string, content: string, at: number) => {
    await writeFile(join(stores.destination, name), content);
    await utimes(join(stores.destination, name), at, at);
  };
  for (const name of ['older', 'newer', 'same', 'touched', 'larger']) {
    await stores.put(`src/${name}`, name === 'same' || name === 'touched' ? 'equal' : 'fresh');
    await utimes(join(stores.source, 'src', name), 1_000_000, 1_000_000);
  }
  await put('older', 'stale', 999_990);
  await put('newer', 'stale', 1_000_010);
  await put('same', 'equal', 1_000_000);
  await put('touched', 'equal', 1_000_010);
  await put('larger', 'longer than fresh', 1_000_000);
  const result = await copyAcross(stores, 'src/', '', {...options, ...(overwrite === undefined ? {} : {overwrite})});
  const kept = result.outcomes.filter(({outcome}) => outcome === 'skipped').map(({name}) => name);
  const content = await readFile(join(stores.destination, 'newer'), 'utf8');
  await stores[Symbol.asyncDispose]();
  return {kept, content, result};
}

it.each([
  ['always', {}, [], 'fresh'],
  ['never', {}, ['larger', 'newer', 'older', 'same', 'touched'], 'stale'],
  ['newer', {}, ['larger', 'newer', 'same', 'touched'], 'stale'],
  ['different', {}, ['same', 'touched'], 'fresh'],
  ['different', {verify: 'size'}, ['same'], 'fresh'],
] as const)('overwrite: %s, with %j, keeps %j', async (overwrite, options, expected, content) => {
  const found = await copyOver(overwrite, options);
  expect(found.kept).toEqual(expected);
  expect(found.content).toBe(content);
  expect(found.result.counts.skipped).toBe(expected.length);
});
