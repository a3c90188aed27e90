import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {ExecutionHandle} from '../../src/client/api.js';
import {lastAttempts} from './attempts.js';
import {digests, makeInputs, writeText} from './corpus.js';
import {leftovers, startTestStack, type TestStack} from './stack.js';
import {arrived, type Direction, unfinished} from './unfinished.js';

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
    'in/large.bin': 160 * MIB,
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

/** Starts jobs until one of them is hit while it moves: a fast machine may be through before the blow lands. */
async function hitWhile(
  direction: Direction,
  name: string,
  target: string,
  hit: (landed: () => Promise<void>) => Promise<void>,
  script?: string,
): Promise<Job> {
  for (let tries = 1; tries <= 4; tries += 1) {
    const job = await startJob(`${name}-${tries}`, target, script);
    const look = () => unfinished(stack, target, job.handle.id, direction);
    const result = job.handle.result();
    const seen = await arrived(look, 3, result).then(
      () => true,
      () => false,
    );
    let filesHit = 0;
    // Called when the blow was dealt: what is unfinished then was hit.
    if (seen) await hit(async () => void (filesHit = (await look()).files));
    if (filesHit > 0) return job;
    await expectWhole(job);
  }
  throw new Error(`${name}: four executions were through before they could be hit`);
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
  it('stages: is handed over at once, goes on from what was proved, and starts the command once', async () => {
    let restartedAt = 0;
    const job = await hitWhile('stage', `stage-${target}`, target, async (landed) => {
      await stack.killWorker(landed);
      restartedAt = Date.now();
    });
    await expectWhole(job);
    expect((await job.handle.result()).staged.resumedBytes).toBeGreaterThan(0);
    await expectHandedOver(job, restartedAt);
  });

  it('collects: is handed over at once and goes on from what was proved', async () => {
    let restartedAt = 0;
    const job = await hitWhile('collect', `collect-${target}`, target, async (landed) => {
      await stack.killWorker(landed);
      restartedAt = Date.now();
    });
    await expectWhole(job);
    expect((await job.handle.result()).collected.resumedBytes).toBeGreaterThan(0);
    await expectHandedOver(job, restartedAt);
  });

  it('runs: the command goes on, and its output has neither gap nor repeat', async () => {
    const over = join(here, `run-${target}.over`);
    const count = join(here, `run-${target}.count`);
    const script = `i=0; until [ -e ${over} ]; do i=$((i+1)); echo line $i; sleep 0.1; done; echo $i > ${count}; cp -r in out`;
    const job = await startJob(`run-${target}`, target, script);
    for await (const event of job.handle.progress()) {
      if (event.event === 'run' && event.progress.stdoutBytes > 20) break;
    }
    await stack.killWorker();
    await delay(1_500);
    await stack.killWorker();
    // It has run through both, since only this ends it.
    await expect(readFile(count)).rejects.toMatchObject({code: 'ENOENT'});
    await writeText(over, '');
    await expectWhole(job);
    const chunks: Uint8Array[] = [];
    for await (const {data} of job.handle.logs({streams: ['stdout']})) chunks.push(data);
    const lines = Array.from({length: Number(await readFile(count, 'utf8'))}, (_, index) => `line ${index + 1}\n`);
    expect(Buffer.concat(chunks).toString()).toBe(lines.join(''));
  });
});

describe('what else may be lost meanwhile', () => {
  it('sshd, killed and started again: the line is taken up', async () => {
    const job = await hitWhile('stage', 'sshd-killed', 'gpu', async (landed) => {
      await stack.sshd.killSessions();
      await landed();
      await delay(300);
      await stack.sshd.killSessions();
    });
    await expectWhole(job);
    expect((await job.handle.result()).staged.resumedBytes).toBeGreaterThan(0);
  });

  it('Temporal, killed and started again on its file', async () => {
    await expectWhole(await hitWhile('stage', 'temporal-killed', 'gpu', (landed) => stack.killTemporal(landed)));
  });

  it('the worker, frozen past its heartbeat timeout and continued: nothing is damaged', async () => {
    const freeze = async (landed: () => Promise<void>) => {
      const pid = await stack.workerPid();
      process.kill(pid, 'SIGSTOP');
      await landed();
      await delay(7_000);
      process.kill(pid, 'SIGCONT');
    };
    const job = await hitWhile('stage', 'worker-frozen', 'gpu', freeze, 'sleep 3; cp -r in out');
    await expectWhole(job);
    const [staged] = await attemptsHit(job);
    expect(staged).toMatchObject({activity: 'planMove', before: 'timeout'});
  });
});

/** The activities that needed more than one attempt. */
async function attemptsHit({handle}: Job) {
  return (await lastAttempts(stack.temporal, handle.id)).filter(({attempt}) => attempt > 1);
}

/** Milliseconds from the start of a process to the next attempt: a worker is up in two seconds, a silent one dead in five. */
const HAND_OVER_MS = 4_000;

async function expectHandedOver(job: Job, restartedAt: number): Promise<void> {
  const hit = await attemptsHit(job);
  expect(hit).toHaveLength(1);
  for (const {before, startedAt} of hit) {
    expect(before).toBe('worker.handed-over');
    expect(startedAt - restartedAt).toBeLessThan(HAND_OVER_MS);
  }
}
