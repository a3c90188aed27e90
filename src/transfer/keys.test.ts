import {expect, it} from 'vitest';
import {isPartialName, partialKey, type PartialIdentity, partialPaths} from './keys.js';

const of: PartialIdentity = {owner: 'copy-1', destination: 'out/file', identity: '5:1700000000000', size: 5};

it('gives every attempt of one transfer the same unfinished file', () => {
  const {partial, ledger} = partialPaths('.partials', of);
  expect(partialPaths('.partials', {...of})).toEqual({partial, ledger});
  expect(partial).toMatch(/^\.partials\/[0-9a-f]{40}\.partial$/);
  expect(partialKey(partial.slice('.partials/'.length))).toBe(partialKey(ledger.slice('.partials/'.length)));
});

it.each<Partial<PartialIdentity>>([
  {owner: 'copy-2'},
  {destination: 'out/file2'},
  {identity: '5:1700000000001'},
  {size: 6},
  // The same text, were the fields only put one behind the other.
  {owner: 'copy-1out', destination: '/file'},
])('gives another one for %j', (other) => {
  expect(partialPaths('', {...of, ...other}).partial).not.toBe(partialPaths('', of).partial);
});

it('knows its own names and no others', () => {
  expect(isPartialName(partialPaths('', of).partial)).toBe(true);
  expect(isPartialName(partialPaths('', of).ledger)).toBe(true);
  for (const name of ['mine.partial', `${'a'.repeat(39)}.partial`, `${'a'.repeat(40)}.partial.txt`, 'A'.repeat(40)]) {
    expect(isPartialName(name), name).toBe(false);
  }
});
