import {setTimeout as delay} from 'node:timers/promises';
import {expect, it} from 'vitest';
import {inOrder} from './in-parallel.js';

it('gives in order what is worked on at once, and no more of it than it may', async () => {
  let underWay = 0;
  let most = 0;
  const work = async (ms: number) => {
    most = Math.max(most, (underWay += 1));
    await delay(ms);
    underWay -= 1;
    return ms;
  };
  const found: number[] = [];
  for await (const ms of inOrder([40, 1, 30, 2, 20, 3], 3, work)) found.push(ms);
  expect(found).toEqual([40, 1, 30, 2, 20, 3]);
  expect(most).toBe(3);
});

it('has fewer under way where fewer may be from now on', async () => {
  let width = 4;
  let underWay = 0;
  const most: number[] = [];
  const work = async (item: number) => {
    underWay += 1;
    await delay(1);
    underWay -= 1;
    return item;
  };
  const items = function* () {
    for (let item = 0; item < 12; item++) {
      most.push(underWay);
      yield item;
    }
  };
  const found: number[] = [];
  for await (const item of inOrder(items(), () => width, work)) {
    found.push(item);
    if (item === 4) width = 1;
  }
  expect(found).toEqual(Array.from({length: 12}, (_, item) => item));
  expect(Math.max(...most.slice(0, 5))).toBe(3);
  expect(most.slice(-3)).toEqual([0, 0, 0]);
});

it('begins nothing after a failure, and leaves nothing under way', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await delay(item * 10);
    ended.push(item);
    if (item === 2) throw new Error('two');
    return item;
  };
  const found: number[] = [];
  const all = async () => {
    for await (const item of inOrder([1, 2, 3, 4, 5, 6], 3, work)) found.push(item);
  };
  await expect(all()).rejects.toThrow('two');
  expect(found).toEqual([1]);
  expect(begun).toEqual([1, 2, 3, 4]);
  expect(ended).toEqual([1, 2, 3, 4]);
});
