import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {acquireFileLock, waitForFileLock} from './file-lock.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-lock-'));
});
afterAll(() => rm(directory, {recursive: true}));

test('a second holder is turned away until the first lets go', async () => {
  const path = join(directory, 'new', 'lock');
  const first = await acquireFileLock(path);
  expect(first).toBeDefined();
  expect(await acquireFileLock(path)).toBeUndefined();
  await first?.release();
  await first?.release();
  const second = await acquireFileLock(path);
  expect(second).toBeDefined();
  await second?.release();
});

test('a holder that is killed leaves no lock behind, nor do children that it left', async () => {
  const path = join(directory, 'killed');
  const script = `
    const {openSync} = require('node:fs');
    const fd = openSync(${JSON.stringify(path)}, 'a+');
    if (!require('fs-native-extensions').tryLock(fd)) process.exit(1);
    const child = require('node:child_process').spawn('sleep', ['20'], {detached: true, stdio: 'ignore'});
    require('node:fs').writeSync(1, String(child.pid));
    require('node:fs').closeSync(1);
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  const childPid = Number(await text(holder.stdout));
  expect(await acquireFileLock(path)).toBeUndefined();

  let waits = 0;
  const waiting = waitForFileLock(path, {onWait: () => (waits += 1)});
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = await waiting;
  expect(waits).toBeLessThanOrEqual(1);
  await lock.release();
  process.kill(childPid, 'SIGKILL');
});

test('waiting ends with the reason of the signal', async () => {
  const path = join(directory, 'waiting');
  const lock = await acquireFileLock(path);
  const controller = new AbortController();
  const waiting = waitForFileLock(path, {signal: controller.signal});
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await lock?.release();
});
