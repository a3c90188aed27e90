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

interface JobPlan {
  /** Default: returns copies of the inputs. */
  readonly script?: string;
  /** Bytes of the largest input. Default: enough to be hit while it moves. */
  readonly largest?: number;
}

/** A job that says outside of its workspace that it was started. */
async function startJob(name: string, target: string, plan: JobPlan = {}): Promise<Job> {
  const {script = 'cp -r in out', largest = (target === 'gpu' ? 96 : 160) * MIB} = plan;
  const inputs = join(here, name);
  const marker = join(here, `${name}.started`);
  const files = await makeInputs(inputs, {
    'in/large.bin': largest,
    'in/middle.bin': 9 * MIB,
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
  plan?: JobPlan,
): Promise<Job> {
  for (let tries = 1; tries <= 4; tries += 1) {
    const job = await startJob(`${name}-${tries}`, target, plan);
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
    const job = await handedOver(`stage-${target}`, target);
    expect((await job.handle.result()).staged.resumedBytes).toBeGreaterThan(0);
  });

  it('collects: goes on from what was proved', async () => {
    const job = await hitWhile('collect', `collect-${target}`, target, (landed) => stack.killWorker(landed));
    await expectWhole(job);
    expect((await job.handle.result()).collected.resumedBytes).toBeGreaterThan(0);
  });

  it('runs: the command goes on, and its output has neither gap nor repeat', async () => {
    const over = join(here, `run-${target}.over`);
    const count = join(here, `run-${target}.count`);
    const script = `i=0; until [ -e ${over} ]; do i=$((i+1)); echo line $i; sleep 0.1; done; echo $i > ${count}; cp -r in out`;
    const job = await startJob(`run-${target}`, target, {script, largest: 4 * MIB});
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
    const job = await hitWhile('stage', 'worker-frozen', 'gpu', freeze, {script: 'sleep 3; cp -r in out'});
    await expectWhole(job);
    const [staged] = await attemptsHit(job);
    expect(staged).toMatchObject({activity: 'planMove', before: 'timeout'});
  });
});

/** The activities that needed more than one attempt. */
async function attemptsHit({handle}: Job) {
  return (await lastAttempts(stack.temporal, handle.id)).filter(({attempt}) => attempt > 1);
}

/** Milliseconds from the kill to the next worker that polls: later, the server may have given the attempt up by itself. */
const RESTART_MS = 4_000;

/** Milliseconds from a worker that polls to the next attempt. */
const HAND_OVER_MS = 2_000;

/** Kills the worker while it stages, and sees in the history that its successor gave the attempt back. */
async function handedOver(name: string, target: string): Promise<Job> {
  for (let tries = 1; tries <= 4; tries += 1) {
    let killedAt = 0;
    let readyAt = 0;
    const job = await hitWhile('stage', `${name}-${tries}`, target, async (landed) => {
      killedAt = Date.now();
      await stack.killWorker(landed);
      readyAt = await workerReady();
    });
    await expectWhole(job);
    // A busy machine takes as long to start a worker as the server to miss one: that proves nothing.
    if (readyAt - killedAt > RESTART_MS) continue;
    const hit = await attemptsHit(job);
    expect(hit).toMatchObject([{activity: 'planMove', before: 'worker.handed-over'}]);
    for (const {startedAt} of hit) expect(startedAt - readyAt).toBeLessThan(HAND_OVER_MS);
    return job;
  }
  throw new Error(`four times no worker was up again within ${RESTART_MS} ms: the machine is too busy for this test`);
}

/** When the worker that runs now began to poll, by its own log; in milliseconds since 1970. */
async function workerReady(): Promise<number> {
  const pid = await stack.workerPid();
  for (;;) {
    const log = await readFile(join(stack.stateDirectory, 'logs', 'worker.log'), 'utf8');
    const line = log.split('\n').find((text) => text.includes(`"pid":${pid},`) && text.includes('"worker ready"'));
    const [, time] = /"time":"([^"]+)"/.exec(line ?? '') ?? [];
    if (time !== undefined) return Date.parse(time);
    await delay(20);
  }
}
