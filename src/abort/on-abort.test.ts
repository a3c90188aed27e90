import {getEventListeners} from 'node:events';
import {expect, test, vi} from 'vitest';
import {onAbort, unlessAborted} from './on-abort.js';

const listening = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('many who wait for one signal share a listener, and all hear it', () => {
  const stop = new AbortController();
  const heard = Array.from({length: 20}, () => vi.fn());
  for (const each of heard) onAbort(stop.signal, each);
  expect(listening(stop.signal)).toBe(1);
  stop.abort();
  for (const each of heard) expect(each).toHaveBeenCalledTimes(1);
});

test('nothing listens to a signal any more when the last has taken it back', () => {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal]);
  const [first, second] = [vi.fn(), vi.fn()];
  const forgetFirst = onAbort(signal, first);
  const forgetSecond = onAbort(signal, second);
  forgetFirst();
  expect(listening(signal)).toBe(1);
  forgetSecond();
  expect(listening(signal)).toBe(0);
});

test('a listener taken back twice takes nobody else with it', () => {
  const stop = new AbortController();
  const forget = onAbort(stop.signal, vi.fn());
  forget();
  const heard = [vi.fn(), vi.fn()] as const;
  onAbort(stop.signal, heard[0]);
  forget();
  onAbort(stop.signal, heard[1]);
  expect(listening(stop.signal)).toBe(1);
  stop.abort();
  for (const each of heard) expect(each).toHaveBeenCalledTimes(1);
});

test('a listener may take itself and others back while the signal fires', () => {
  const stop = new AbortController();
  const other = vi.fn();
  const forgets: (() => void)[] = [];
  forgets.push(onAbort(stop.signal, () => forgets.forEach((forget) => forget())));
  forgets.push(onAbort(stop.signal, other));
  stop.abort();
  expect(other).not.toHaveBeenCalled();
  expect(listening(stop.signal)).toBe(0);
});

test.each([
  ['done', () => Promise.resolve('done')],
  ['failed', () => Promise.reject(new Error('failed'))],
])('work that is %s leaves no listener', async (end, work) => {
  const {signal} = new AbortController();
  await expect(unlessAborted(signal, work()).catch(String)).resolves.toContain(end);
  expect(listening(signal)).toBe(0);
});

test('work is given up as the signal fires', async () => {
  const stop = new AbortController();
  const work = unlessAborted(stop.signal, new Promise(() => undefined));
  stop.abort(new Error('enough'));
  await expect(work).rejects.toThrow('enough');
});
