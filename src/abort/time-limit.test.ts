import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {expect, test} from 'vitest';
import {timeLimit} from './time-limit.js';

setFlagsFromString('--expose-gc');
const collectGarbage = (): unknown => runInNewContext('gc()');

test('fires when the time is over, whatever was collected meanwhile', async () => {
  const fired = once(timeLimit(200, new AbortController().signal).signal, 'abort');
  await sleep(20);
  collectGarbage();
  await expect(Promise.race([fired.then(() => 'fired'), sleep(2000)])).resolves.toBe('fired');
});

test('fires with the signal that it is given, which is not its own end', () => {
  const abort = new AbortController();
  const limit = timeLimit(10_000, abort.signal);
  abort.abort(new Error('enough'));
  expect([limit.signal.reason, limit.over]).toEqual([new Error('enough'), false]);
  limit.end();
});

test('does not fire once it has ended', async () => {
  const limit = timeLimit(20, undefined);
  limit.end();
  await sleep(60);
  expect([limit.signal.aborted, limit.over]).toEqual([false, false]);
});
