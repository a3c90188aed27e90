import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {repeatedAttempts} from './attempts.js';
import {writeText} from './corpus.js';
import {FaultJobs, MIB} from './fault-job.js';
import {hitWhile, startMoved} from './hit-while.js';
import {startTestStack, type TestStack} from './stack.js';

let stack: TestStack;
let jobs: FaultJobs;
beforeAll(async () => {
  stack = await startTestStack();
  jobs = await FaultJobs.open(stack);
});
afterAll(() => jobs.close());

describe.each(['gpu', 'local'])('the worker killed with -9 while an execution on %s', (target) => {
  it('collects: goes on from what was proved', async () => {
    const job = await hitWhile(jobs, 'collect', `collect-${target}`, {target}, (landed) => stack.killWorker(landed));
    await jobs.expectWhole(job);
    expect((await job.handle.result()).collected.resumedBytes).toBeGreaterThan(0);
  });

  it('runs: the command goes on, and its output has neither gap nor repeat', async () => {
    const over = join(jobs.directory, `run-${target}.over`);
    const count = join(jobs.directory, `run-${target}.count`);
    const script = `i=0; until [ -e ${over} ]; do i=$((i+1)); echo line $i; sleep 0.1; done; echo $i > ${count}; cp -r in out`;
    const job = await startMoved(jobs, `run-${target}`, {target, script, largest: 4 * MIB});
    for await (const event of job.handle.progress()) {
      if (event.event === 'run' && event.progress.stdoutBytes > 20) break;
    }
    await stack.killWorker();
    await delay(1_500);
    await stack.killWorker();
    // It has run through both, since only this ends it.
    await expect(readFile(count)).rejects.toMatchObject({code: 'ENOENT'});
    await writeText(over, '');
    await jobs.expectWhole(job);
    const chunks: Uint8Array[] = [];
    for await (const {data} of job.handle.logs({streams: ['stdout']})) chunks.push(data);
    const lines = Array.from({length: Number(await readFile(count, 'utf8'))}, (_, index) => `line ${index + 1}\n`);
    expect(Buffer.concat(chunks).toString()).toBe(lines.join(''));
  });
});

describe('what else may be lost meanwhile', () => {
  it('sshd, killed and started again: the line is taken up', async () => {
    const job = await hitWhile(jobs, 'stage', 'sshd-killed', {target: 'gpu'}, async (landed) => {
      await stack.sshd.killSessions();
      await landed();
      await delay(300);
      await stack.sshd.killSessions();
    });
    await jobs.expectWhole(job);
    expect((await job.handle.result()).staged.resumedBytes).toBeGreaterThan(0);
  });

  it('Temporal, killed and started again on its file', async () => {
    await jobs.expectWhole(
      await hitWhile(jobs, 'stage', 'temporal-killed', {target: 'gpu'}, (landed) => stack.killTemporal(landed)),
    );
  });

  it('the worker, frozen past its heartbeat timeout and continued: nothing is damaged', async () => {
    const freeze = async (landed: () => Promise<void>) => {
      const pid = await stack.workerPid();
      process.kill(pid, 'SIGSTOP');
      await landed();
      await delay(7_000);
      process.kill(pid, 'SIGCONT');
    };
    const job = await hitWhile(
      jobs,
      'stage',
      'worker-frozen',
      {target: 'gpu', script: 'sleep 3; cp -r in out'},
      freeze,
    );
    await jobs.expectWhole(job);
    const [staged] = await repeatedAttempts(stack.temporal, job.id);
    expect(staged).toMatchObject({activity: 'planMove', before: 'timeout'});
  });
});
