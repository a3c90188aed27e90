import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {endProcess, identityOf, isRunning} from './process-identity.js';

test('a process is itself, and nobody else', async () => {
  const own = await identityOf(process.pid);
  if (own === undefined) throw new Error('no identity');
  expect(await isRunning(own)).toBe(true);
  expect(await isRunning({...own, startedAt: `${own.startedAt}0`})).toBe(false);
  expect(await isRunning({...own, bootId: 'another'})).toBe(false);
});

test('a program that ignores SIGTERM is ended by the next signal, one that heeds it is not sent that', async () => {
  for (const [script, signal] of [
    ["trap '' TERM; echo up; while :; do sleep 1; done", 'SIGKILL'],
    ['echo up; exec sleep 100', 'SIGTERM'],
  ] as const) {
    const child = spawn('sh', ['-c', script], {stdio: ['ignore', 'pipe', 'ignore']});
    await once(child.stdout, 'data');
    const identity = await identityOf(child.pid ?? 0);
    if (identity === undefined) throw new Error('no identity');
    const exit = once(child, 'exit');
    expect(
      await endProcess(identity, [
        {signal: 'SIGTERM', waitMs: 300},
        {signal: 'SIGKILL', waitMs: 3000},
      ]),
    ).toBe(true);
    expect(await exit).toEqual([null, signal]);
    expect(await identityOf(identity.pid)).toBeUndefined();
  }
});
