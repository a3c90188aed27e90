import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {ExecutionHandle} from '../../src/client/api.js';
import type {MoveProgress} from '../../src/contracts/checkpoint.js';
import {digests, makeInputs} from './corpus.js';
import {leftovers, startTestStack, type TestStack} from './stack.js';

const MIB = 1024 * 1024;
let stack: TestStack;
let here: string;
const started: string[] = [];
beforeAll(async () => {
  stack = await startTestStack();
  here = await mkdtemp(join(tmpdir(), 'waybill-crash-here-'));
});
afterAll(async () => {
  await stack.close(started);
  await rm(here, {recursive: true, force: true});
});

interface Job {
  readonly handle: ExecutionHandle;
  readonly marker: string;
  readonly inputs: string;
}

/** A job that says outside of its workspace that it was started, and returns copies of its inputs. */
async function startJob(name: string, target: string, script = 'cp -r in out'): Promise<Job> {
  const inputs = join(here, name);
  const marker = join(here, `${name}.started`);
  const files = await makeInputs(inputs, {
    'in/large.bin': 400 * MIB,
    'in/middle.bin': 30 * MIB,
    'in/small': 1000,
    'in/empty': 0,
  });
  started.push(name);
  const handle = await stack.client.start({
    id: name,
    target,
    command: ['sh', '-c', `echo started >> ${marker}; ${script}`],
    inputs: files,
  });
  return {handle, marker, inputs};
}

/** Resolves with the first progress of a direction that has moved at least `bytes`. */
async function moved(
  handle: ExecutionHandle,
  direction: MoveProgress['direction'],
  bytes: number,
): Promise<MoveProgress> {
  for await (const event of handle.progress()) {
    if (event.event === 'move' && event.progress.direction === direction && event.progress.bytesDone >= bytes)
      return event.progress;
    if (event.event === 'ended') throw new Error(`it ended before: ${JSON.stringify(event.result)}`);
  }
  throw new Error('no progress was seen');
}

/** Everything that has to hold after whatever was done to the stack meanwhile. */
async function expectWhole({handle, marker, inputs}: Job): Promise<void> {
  const result = await handle.result();
  expect(result).toMatchObject({outcome: 'succeeded', starts: 1});
  expect(await readFile(marker, 'utf8')).toBe('started\n');
  const into = join(here, `${handle.id}-out`);
  const files = await handle.download({into});
  expect(files.filter((file) => file.outcome === 'failed')).toEqual([]);
  const sent = await digests(join(inputs, 'in'));
  expect(await digests(join(into, 'out'))).toEqual(sent);
  expect(await leftovers(stack, handle.id)).toEqual([]);
  await rm(into, {recursive: true, force: true});
}

describe.each(['gpu', 'local'])('the worker killed with -9 while an execution on %s', (target) => {
  it('stages: goes on from what was proved, and starts the command once', async () => {
    const job = await startJob(`stage-${target}`, target);
    const before = await moved(job.handle, 'stage', 64 * MIB).catch(() => undefined);
    await stack.killWorker();
    await expectWhole(job);
    const result = await job.handle.result();
    // Where the kill came in time, bytes that had arrived were proved instead of sent.
    if (before) expect(result.staged.resumedBytes).toBeGreaterThan(0);
  });

  it('collects: goes on from what was proved', async () => {
    const job = await startJob(`collect-${target}`, target);
    const before = await moved(job.handle, 'collect', 64 * MIB).catch(() => undefined);
    await stack.killWorker();
    await expectWhole(job);
    const result = await job.handle.result();
    if (before) expect(result.collected.resumedBytes).toBeGreaterThan(0);
  });

  it('runs: the command goes on, and its output has neither gap nor repeat', async () => {
    const script = 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i; sleep 0.1; done; cp -r in out';
    const job = await startJob(`run-${target}`, target, script);
    for await (const event of job.handle.progress()) {
      if (event.event === 'run' && event.progress.stdoutBytes > 20) break;
    }
    await stack.killWorker();
    await delay(1_500);
    await stack.killWorker();
    await expectWhole(job);
    const chunks: Uint8Array[] = [];
    for await (const {data} of job.handle.logs({streams: ['stdout']})) chunks.push(data);
    const lines = Array.from({length: 60}, (_, index) => `line ${index + 1}\n`);
    expect(Buffer.concat(chunks).toString()).toBe(lines.join(''));
  });
});

describe('what else may be lost meanwhile', () => {
  it('sshd, killed and started again: the line is taken up', async () => {
    const job = await startJob('sshd-killed', 'gpu');
    await moved(job.handle, 'stage', 32 * MIB).catch(() => undefined);
    await stack.sshd.killSessions();
    await delay(300);
    await stack.sshd.killSessions();
    await expectWhole(job);
  });

  it('Temporal, killed and started again on its file', async () => {
    const job = await startJob('temporal-killed', 'gpu');
    await moved(job.handle, 'stage', 32 * MIB).catch(() => undefined);
    await stack.killTemporal();
    await expectWhole(job);
  });

  it('the worker, frozen past its heartbeat timeout and continued: nothing is damaged', async () => {
    const job = await startJob('worker-frozen', 'gpu', 'sleep 3; cp -r in out');
    await moved(job.handle, 'stage', 32 * MIB).catch(() => undefined);
    const pid = await stack.workerPid();
    process.kill(pid, 'SIGSTOP');
    await delay(9_000);
    process.kill(pid, 'SIGCONT');
    await expectWhole(job);
  });
});
