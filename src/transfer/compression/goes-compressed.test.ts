import {expect, test} from 'vitest';
import {goesCompressed} from './goes-compressed.js';

const BLOCK = 8;

const [failed, stalled, stalledAgain] = [
  {stalled: false, stalledAgain: false},
  {stalled: true, stalledAgain: false},
  {stalled: true, stalledAgain: true},
];

test.each([
  ['nothing has arrived', 0, 0, failed, true],
  ['nothing has arrived, and an attempt got no further', 0, 0, stalled, false],
  ['more has arrived compressed', 5, 4, failed, true],
  ['more has arrived as it is', 4, 5, failed, false],
  ['as much has arrived either way', 5, 5, failed, false],
  ['no more than a block has arrived compressed, and an attempt got no further', BLOCK, 0, stalled, false],
  ['more than a block has arrived compressed, and an attempt got no further', BLOCK + 1, 0, stalled, true],
  ['much has arrived compressed, and two attempts in a row got no further', 1000, 0, stalledAgain, false],
  ['much has arrived compressed and a little as it is, which went on when nothing did', 1000, 1, stalled, false],
  ['more has arrived as it is, and an attempt got no further', 90, 91, stalled, false],
])('where %s', (_, compressed, plain, before, expected) => {
  expect(goesCompressed(compressed, {heldBytes: plain, blockBytes: BLOCK, ledgers: [], ...before})).toBe(expected);
});
