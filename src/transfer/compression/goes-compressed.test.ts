import {expect, test} from 'vitest';
import {goesCompressed} from './goes-compressed.js';

const BLOCK = 8;

test.each([
  ['nothing has arrived', 0, 0, false, true],
  ['nothing has arrived, and an attempt got no further', 0, 0, true, false],
  ['more has arrived compressed', 5, 4, false, true],
  ['more has arrived as it is', 4, 5, false, false],
  ['as much has arrived either way', 5, 5, false, false],
  ['no more than a block has arrived compressed, and an attempt got no further', BLOCK, 0, true, false],
  ['more than a block has arrived compressed, and an attempt got no further', BLOCK + 1, 0, true, true],
  ['more has arrived compressed than the much that has as it is, and an attempt got no further', 91, 90, true, true],
  ['more has arrived as it is, and an attempt got no further', 90, 91, true, false],
])('where %s', (_, compressed, plain, stalled, expected) => {
  expect(goesCompressed(compressed, {heldBytes: plain, blockBytes: BLOCK, ledgers: [], stalled})).toBe(expected);
});
