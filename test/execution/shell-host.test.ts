import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect, test} from 'vitest';
import {identityOf} from '../../src/embedded/process-identity.js';
import {until} from '../until.js';
import {LocalShell} from '../../src/execution/local-shell.js';

const shell = new LocalShell();
const text = async (script: string) =>
  Buffer.from((await shell.run(script)).stdout)
    .toString()
    .trim();
const hostPid = async () => Number(await text('echo $PPID'));

test('a host that is killed takes the answers of its scripts with it, and the next script has another', async () => {
  const first = await hostPid();
  let script = 0;
  const waiting = shell.run('echo $$; exec sleep 600', {
    onStdout: (chunk) => {
      script = Number(Buffer.from(chunk).toString());
    },
  });
  const lost = waiting.catch((error: unknown) => error);
  await until('the script', async () => script > 0);
  try {
    process.kill(first, 'SIGKILL');
    expect(await lost).toMatchObject({code: 'shell.failed'});
    expect(String(await lost)).toContain('SIGKILL');
    expect(await hostPid()).not.toBe(first);
    // It may have done anything meanwhile, and goes on.
    expect(await identityOf(script)).toBeDefined();
  } finally {
    process.kill(script, 'SIGKILL');
  }
});

test('signals for the process that started it do not end it: that process has scripts to run yet', async () => {
  const host = await hostPid();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(host, signal);
  expect(await hostPid()).toBe(host);
});

test('an aborted script is ended with everything that it waits for', async () => {
  const stop = new AbortController();
  let pid = 0;
  const run = shell.run('sleep 600 & echo $!; wait', {
    signal: stop.signal,
    onStdout: (chunk) => {
      pid = Number(Buffer.from(chunk).toString());
    },
  });
  await until('the script', async () => pid > 0);
  stop.abort(new Error('enough'));
  await expect(run).rejects.toThrow('enough');
  await until('its end', async () => (await identityOf(pid)) === undefined);
});

test.each(['/bin/no-such-shell', '/etc/passwd/shell'])(
  'a program that cannot be started, %s, is told by name',
  async (program) => {
    const other = shell.run('sleep 0.2; echo there');
    const error = await new LocalShell({program}).run('true').catch((reason: unknown) => reason);
    expect(error).toMatchObject({code: 'shell.unavailable'});
    expect(String(error)).toContain(program);
    expect(Buffer.from((await other).stdout).toString()).toBe('there\n');
  },
);

test('a process that has run its scripts ends, and its host with it', async () => {
  const program = [join(process.cwd(), 'dev/run-typescript.mjs'), 'test/execution/fixtures/one-script.ts'];
  const {stdout} = await promisify(execFile)(process.execPath, program, {timeout: 60_000});
  const host = Number(stdout);
  expect(host).toBeGreaterThan(0);
  await until('the end of the host', async () => (await identityOf(host)) === undefined);
});

test('a process whose host dies hears of it, though nothing else keeps it running', async () => {
  const program = [join(process.cwd(), 'dev/run-typescript.mjs'), 'test/execution/fixtures/lost-script.ts'];
  const {stdout} = await promisify(execFile)(process.execPath, program, {timeout: 60_000});
  expect(stdout.trim()).toBe('shell.failed');
});

test('of more output than is wanted the beginning is kept, and all of it is passed on', async () => {
  let passed = 0;
  const {stdout, status} = await shell.run('head -c 3000000 /dev/zero', {
    maxOutputBytes: 1000,
    onStdout: (chunk) => {
      passed += chunk.length;
    },
  });
  expect([stdout.length, passed, status]).toEqual([1000, 3_000_000, 0]);
});
