import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {repeatedAttempts} from '../e2e/attempts.js';
import {FaultJobs, type Job} from '../e2e/fault-job.js';
import {hitWhile} from '../e2e/hit-while.js';
import {startTestStack, type TestStack} from '../e2e/stack.js';

let jobs: FaultJobs;
beforeAll(async () => {
  jobs = await FaultJobs.open(await startTestStack());
});
afterAll(() => jobs.close());

it.each(['gpu', 'local'])(
  'an execution on %s whose worker is killed with -9 while it stages is handed over at once, and goes on from what was proved',
  async (target) => {
    const job = await handedOver(`stage-${target}`, target);
    expect((await job.handle.result()).staged.resumedBytes).toBeGreaterThan(0);
  },
);

/** Milliseconds from the kill to the next worker that polls: later, the server may have given the attempt up by itself. */
const RESTART_MS = 4_000;

/** Milliseconds from a worker that polls to the next attempt. */
const HAND_OVER_MS = 2_000;

/** Kills the worker while it stages, and sees in the history that its successor gave the attempt back. */
async function handedOver(name: string, target: string): Promise<Job> {
  const {stack} = jobs;
  for (let tries = 1; tries <= 4; tries += 1) {
    let killedAt = 0;
    let readyAt = 0;
    const job = await hitWhile(jobs, 'stage', `${name}-${tries}`, {target}, async (landed) => {
      killedAt = Date.now();
      await stack.killWorker(landed);
      readyAt = await pollingSince(stack);
    });
    await jobs.expectWhole(job);
    // A busy machine takes as long to start a worker as the server to miss one: that proves nothing.
    if (readyAt - killedAt > RESTART_MS) continue;
    const hit = await repeatedAttempts(stack.temporal, job.id);
    expect(hit).toMatchObject([{activity: 'planMove', before: 'worker.handed-over'}]);
    for (const {startedAt} of hit) expect(startedAt - readyAt).toBeLessThan(HAND_OVER_MS);
    return job;
  }
  throw new Error(`four times no worker was up again within ${RESTART_MS} ms: the machine is too busy for this test`);
}

/** When the worker that runs now began to poll, by its own log; in milliseconds since 1970. */
async function pollingSince(stack: TestStack): Promise<number> {
  const pid = await stack.workerPid();
  for (;;) {
    const log = await readFile(join(stack.stateDirectory, 'logs', 'worker.log'), 'utf8');
    const line = log.split('\n').find((text) => text.includes(`"pid":${pid},`) && text.includes('"worker ready"'));
    const [, time] = /"time":"([^"]+)"/.exec(line ?? '') ?? [];
    if (time !== undefined) return Date.parse(time);
    await delay(20);
  }
}
