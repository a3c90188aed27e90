import {expect, test} from 'vitest';
import {KeptPromise} from './kept-promise.js';

test('what was rejected is begun anew by whoever asks next, and what was resolved is kept', async () => {
  const kept = new KeptPromise<number>();
  let begun = 0;
  const begin = async (): Promise<number> => {
    begun += 1;
    if (begun === 1) throw new Error('not yet');
    return begun;
  };
  const both = [kept.get(begin), kept.get(begin)];
  await expect(Promise.allSettled(both)).resolves.toMatchObject([{status: 'rejected'}, {status: 'rejected'}]);
  expect(begun).toBe(1);
  expect(await kept.found()).toBeUndefined();
  expect(await kept.get(begin)).toBe(2);
  expect(await kept.get(begin)).toBe(2);
  expect(await kept.found()).toBe(2);
});
