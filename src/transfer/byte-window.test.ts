import {expect, it} from 'vitest';
import {ByteWindow} from './byte-window.js';

/** Takes, and tells when it has. */
function taking(window: ByteWindow, bytes: number, signal?: AbortSignal) {
  const state = {taken: false, done: Promise.resolve()};
  state.done = window.take(bytes, signal).then(() => {
    state.taken = true;
  });
  return state;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('lets as many be under way as fit, in the order in which they came', async () => {
  const window = new ByteWindow(() => 10);
  const [first, second, third] = [taking(window, 6), taking(window, 5), taking(window, 1)];
  await settled();
  expect([first.taken, second.taken, third.taken]).toEqual([true, false, false]);
  window.giveBack(6);
  await Promise.all([second.done, third.done]);
  expect(window.taken).toBe(6);
});

it('lets one that is larger than all of it go alone', async () => {
  const window = new ByteWindow(() => 10);
  const [first, large] = [taking(window, 1), taking(window, 100)];
  await settled();
  expect([first.taken, large.taken]).toEqual([true, false]);
  window.giveBack(1);
  await large.done;
  expect(window.taken).toBe(100);
});

it('asks for its limit each time', async () => {
  let limit = 4;
  const window = new ByteWindow((bytes) => limit + bytes);
  await window.take(4);
  const next = [taking(window, 2), taking(window, 2), taking(window, 2)];
  await settled();
  expect(next.map(({taken}) => taken)).toEqual([true, false, false]);
  limit = 8;
  window.giveBack(0);
  await settled();
  expect(next.map(({taken}) => taken)).toEqual([true, true, true]);
});

it('lets who is behind one that gives up go, which has taken nothing', async () => {
  const window = new ByteWindow(() => 10);
  await window.take(8);
  const leaving = new AbortController();
  const large = taking(window, 5, leaving.signal);
  const small = taking(window, 2);
  await settled();
  expect([large.taken, small.taken]).toEqual([false, false]);
  leaving.abort(new Error('not any more'));
  await expect(large.done).rejects.toThrow('not any more');
  await small.done;
  expect(window.taken).toBe(10);
  await expect(window.take(1, leaving.signal)).rejects.toThrow('not any more');
  expect(window.taken).toBe(10);
});
