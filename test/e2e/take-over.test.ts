import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {ExecutionHandle} from '../../src/client/api.js';
import {repeatedAttempts} from './attempts.js';
import {digests, makeInputs} from './corpus.js';
import {leftovers, startTestStack, type TestStack} from './stack.js';
import {holderOf} from './under-way.js';
import {arrived, type Direction, unfinished} from './unfinished.js';
import {startWorker, type WorkerProcess} from './worker-process.js';

const MIB = 1024 * 1024;

/** Milliseconds from the crash to the first new byte, where another machine takes over: what is promised. */
const PROMISED_MS = 10_000;
/** Of these, for starting the next attempt, connecting and finding what is missing. */
const RESUME_MS = 3_000;
/**
 * A machine that has more to do than it can is given four times as long: what waits for the timeout of an activity, and not
 * for that of a heartbeat, takes minutes. The bench `resume-4gib` measures the promise itself.
 */
const MEASURED_MS = 4 * PROMISED_MS;
/** What was on its way to the target when the worker died is written by then. */
const SETTLED_MS = 1_000;

let stack: TestStack;
let here: string;
const started: string[] = [];
const workers: WorkerProcess[] = [];
beforeAll(async () => {
  stack = await startTestStack({worker: false});
  here = await mkdtemp(join(tmpdir(), 'waybill-take-over-here-'));
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await stack.close(started);
  await rm(here, {recursive: true, force: true});
});

interface Hit {
  readonly handle: ExecutionHandle;
  readonly killedAt: number;
}

it.each(['stage', 'collect'] as const)('another machine goes on where one died for good: %s', async (direction) => {
  const {handle, killedAt} = await killHolder(direction);
  const firstByteAt = await nextByte(handle, direction, killedAt + SETTLED_MS);
  const result = await handle.result();
  expect(result).toMatchObject({outcome: 'succeeded', starts: 1});
  expect(direction === 'stage' ? result.staged.resumedBytes : result.collected.resumedBytes).toBeGreaterThan(0);
  expect(await readFile(join(here, `${handle.id}.started`), 'utf8')).toBe('started\n');
  const into = join(here, `${handle.id}-out`);
  await handle.download({into});
  expect(await digests(join(into, 'out'))).toEqual(await digests(join(here, handle.id, 'in')));
  expect(await leftovers(stack, handle.id)).toEqual([]);

  const taken = await repeatedAttempts(stack.temporal, handle.id);
  expect(taken).toMatchObject([{activity: 'planMove', before: 'timeout'}]);
  for (const {heartbeatTimeoutMs, firstRetryMs} of taken)
    expect(heartbeatTimeoutMs + firstRetryMs + RESUME_MS).toBeLessThanOrEqual(PROMISED_MS);
  console.log(`${direction}: first new byte ${((firstByteAt - killedAt) / 1000).toFixed(1)} s after the crash`);
  expect(firstByteAt - killedAt).toBeLessThanOrEqual(MEASURED_MS);
});

/** Two workers, and of an execution the one that moves its bytes is killed while it does; until that was in time. */
async function killHolder(direction: Direction): Promise<Hit> {
  for (let tries = 1; tries <= 4; tries += 1) {
    while (workers.length < 2) workers.push(await startWorker(stack, `worker-${direction}-${tries}-${workers.length}`));
    const handle = await startJob(`take-over-${direction}-${tries}`);
    const look = () => unfinished(stack, 'gpu', handle.id, direction);
    const seen = await arrived(look, 3, handle.result()).then(
      () => true,
      () => false,
    );
    const holder = seen ? await holderOf(workers, handle.id, ['planMove']) : undefined;
    if (!holder) continue;
    holder.kill();
    const killedAt = Date.now();
    workers.splice(workers.indexOf(holder), 1);
    if ((await look()).files > 0) return {handle, killedAt};
  }
  throw new Error('four executions were through before their worker could be killed');
}

async function startJob(id: string): Promise<ExecutionHandle> {
  const inputs = await makeInputs(join(here, id), {'in/large.bin': 96 * MIB, 'in/small': 1000});
  started.push(id);
  const script = `echo started >> ${join(here, `${id}.started`)}; cp -r in out`;
  return await stack.client.start({id, target: 'gpu', command: ['sh', '-c', script], inputs});
}

/** When the unfinished file grew again. */
async function nextByte(handle: ExecutionHandle, direction: Direction, after: number): Promise<number> {
  for (;;) {
    const {files, modifiedAt} = await unfinished(stack, 'gpu', handle.id, direction);
    if (modifiedAt > after) return modifiedAt;
    // Published between two looks: it is over at this instant at the latest.
    if (files === 0) return Date.now();
    await delay(10);
  }
}
