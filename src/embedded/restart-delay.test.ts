import {expect, test} from 'vitest';
import {restartDelay} from './restart-delay.js';

const short = 100;
const long = 60_000;

test.each<[string, readonly number[], number]>([
  ['the first death', [long], 0],
  ['a quick death', [short], 0],
  ['four quick ones', [short, short, short, short], 0],
  ['a fifth', [short, short, short, short, short], 500],
  ['a sixth', Array<number>(6).fill(short), 1000],
  ['many', Array<number>(32).fill(short), 10_000],
  ['a good life between', [short, short, short, short, long, short], 0],
])('after %s', (_name, lives, expected) => {
  expect(restartDelay(lives)).toBe(expected);
});
