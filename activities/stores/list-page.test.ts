import {expect, it} from 'vitest';
import type {ListedEntry} from '../../src/stores/store.js';
import {smallest} from './list-page.js';

function entry(name: string): ListedEntry {
  return {name, kind: 'file', size: 0, mode: 0o644, modifiedAt: 0, identity: name};
}

async function* listing(names: readonly string[]): AsyncGenerator<ListedEntry> {
  for (const name of names) yield entry(name);
}

async function pages(names: readonly string[], limit: number): Promise<readonly string[][]> {
  const all: string[][] = [];
  let after: {readonly name: string; readonly count: number} | undefined;
  for (;;) {
    const {entries, more} = await smallest(listing(names), limit, after);
    const shown = entries.map(({name}) => name);
    all.push(shown);
    const last = shown.at(-1) ?? '';
    const count = shown.filter((name) => name === last).length + (after?.name === last ? after.count : 0);
    if (!more) return all;
    after = {name: last, count};
  }
}

it('gives each name once, in order, whatever the order of the store', async () => {
  const names = ['d', 'b', 'é', 'a', 'c', 'B', '𝕏', '\uFFFF'];
  expect(await pages(names, 3)).toEqual([
    ['B', 'a', 'b'],
    ['c', 'd', 'é'],
    ['\uFFFF', '𝕏'],
  ]);
  expect(await pages([], 3)).toEqual([[]]);
});

it('loses none of the names that look alike because they cannot be carried', async () => {
  const names = ['x\uFFFD', 'a', 'x\uFFFD', 'x\uFFFD', 'x\uFFFD', 'z'];
  expect((await pages(names, 2)).flat()).toEqual(['a', 'x\uFFFD', 'x\uFFFD', 'x\uFFFD', 'x\uFFFD', 'z']);
});
