import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {build} from 'esbuild';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {SyncProcess} from './sync-process.js';
import {syncFileSystems} from './sync-file-systems.js';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "waybill-sync 'of $it"));
});
afterEach(async () => {
  await rm(base, {recursive: true});
});

/** The ones that sync, of this process or another. */
function syncing(parent: number): readonly number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], {encoding: 'utf8'}).split('\n');
  return lines.flatMap((line) => {
    const [, pid, ppid, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(ppid) === parent && command?.startsWith('/bin/sh -c trap') === true ? [Number(pid)] : [];
  });
}

describe('a process that syncs', () => {
  it('answers for each directory, in order, and goes on after one that failed', async () => {
    const sync = new SyncProcess();
    const answers = [base, join(base, 'none'), base, `${base}\nnone`].map((directory) => sync.sync(directory));
    expect(await Promise.all(answers)).toEqual([true, false, true, false]);
    expect(sync.ended).toBe(false);
  });

  it('has done nothing of what it was asked where it is killed, and another takes its place', async () => {
    expect(await syncFileSystems([base])).toBe(true);
    // Other tests of this process may have left theirs.
    const pids = syncing(process.pid);
    expect(pids).not.toEqual([]);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const asked = syncFileSystems([base, base]);
    // It is asked when the directory has been looked at: one that is gone by then is replaced at once.
    await delay(200);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await asked).toBe(false);
    expect(await syncFileSystems([base])).toBe(true);
  });
});

describe('the process that asks', () => {
  const program = `import {syncFileSystems} from './src/stores/local/sync-file-systems.ts';
    console.log(await syncFileSystems([process.argv[2]]));`;

  async function start(contents: string) {
    const outfile = join(base, 'asks.mjs');
    const stdin = {contents, resolveDir: process.cwd(), loader: 'ts'} as const;
    await build({stdin, outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error'});
    return spawn(process.execPath, [outfile, base], {stdio: ['ignore', 'pipe', 'inherit']});
  }

  it('waits for the answer, and ends once there is nothing else', async () => {
    const asks = await start(program);
    let output = '';
    asks.stdout.on('data', (data: Buffer) => (output += data.toString()));
    expect(await once(asks, 'exit', {signal: AbortSignal.timeout(10_000)})).toEqual([0, null]);
    expect(output).toBe('true\n');
  });

  it('leaves nothing where it is killed', async () => {
    const asks = await start(`${program} setInterval(() => undefined, 1000);`);
    await once(asks.stdout, 'data');
    const [pid] = syncing(asks.pid ?? 0);
    if (pid === undefined) throw new Error('nothing syncs');
    asks.kill('SIGKILL');
    for (let wait = 0; wait < 100 && existsSync(`/proc/${pid}`); wait++) await delay(50);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});
