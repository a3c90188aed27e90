import {existsSync} from 'node:fs';
import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {processesOf} from '../execution/processes.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';
import {lastAttempts} from './attempts.js';
import {writeText} from './corpus.js';
import {FaultJobs, type Job, MIB} from './fault-job.js';
import {until} from '../until.js';
import {OwnWorker} from './own-worker.js';
import {between, faultSeed, randomOf} from './seeds.js';
import {startTestStack, type TestStack} from './stack.js';
import {underWay} from './under-way.js';
import {unfinished} from './unfinished.js';

let stack: TestStack;
let jobs: FaultJobs;
/** Between the workers and sshd, and between the first worker and Temporal. */
let sshLine: Toxiproxy;
let temporalLine: Toxiproxy;
let first: OwnWorker;
let second: OwnWorker;
beforeAll(async () => {
  stack = await startTestStack({
    worker: false,
    line: async (sshdPort) => {
      sshLine = await startToxiproxy(sshdPort);
      return sshLine.port;
    },
  });
  temporalLine = await startToxiproxy(Number(stack.address.split(':')[1]));
  first = await OwnWorker.create(stack, 'first', `127.0.0.1:${temporalLine.port}`);
  second = await OwnWorker.create(stack, 'second');
  await first.start();
  jobs = await FaultJobs.open(stack);
});
afterAll(async () => {
  await Promise.all([first.kill(), second.kill()]);
  try {
    await jobs.close();
  } finally {
    await Promise.all([sshLine.close(), temporalLine.close()]);
  }
});

/** An attempt that lost its place ends what it follows the command with when it hears of that. */
async function bothLetGo({handle, id}: Job): Promise<void> {
  await handle.result();
  await until('no process of both', async () => (await processesOf(id)).length === 0);
}

describe('a worker that Temporal hears nothing from, while it goes on', () => {
  afterEach(async () => {
    await Promise.all([temporalLine.heal(), sshLine.heal(), second.kill()]);
  });

  it.each(['stage', 'collect'] as const)(
    'and another begins the same %s: right bytes, one start',
    async (direction) => {
      const id = `twice-${direction}`;
      await sshLine.bandwidth(direction === 'stage' ? 2 * 1024 : 8 * 1024);
      const job = await jobs.start(id, {target: 'gpu', files: {'large.bin': 40 * MIB, small: 100}});
      const look = () => unfinished(stack, 'gpu', id, direction);
      await until(`files on their way (${direction})`, async () => (await look()).bytes >= MIB);
      await sshLine.bandwidth(4 * 1024);
      await temporalLine.blackHole();
      const {bytes} = await look();
      // Within seconds: it gives up once it knows that nobody hears of it.
      await until('it writes on, though nobody hears of it', async () => (await look()).bytes > bytes + MIB);
      // Slow enough that what is on its way is not through before the second can begin.
      await sshLine.bandwidth(512);
      await second.start();
      await until('the second attempt', async () => {
        const [pending] = (await stack.temporal.workflow.getHandle(id).describe()).raw.pendingActivities ?? [];
        return (pending?.attempt ?? 1) > 1 && Number(pending?.state) === 2;
      });
      // Both write now.
      await delay(1_500);
      await temporalLine.heal();
      await sshLine.heal();
      await bothLetGo(job);
      await jobs.expectWhole(job);
      const attempts = await lastAttempts(stack.temporal, id);
      expect(attempts.some(({attempt, before}) => attempt > 1 && before === 'timeout')).toBe(true);
    },
  );

  it('and another finds the command running: one start, one end, no line of its output lost', async () => {
    const over = join(jobs.directory, 'twice-run.over');
    const count = join(jobs.directory, 'twice-run.count');
    const script = `i=0; until [ -e ${over} ]; do i=$((i+1)); echo line $i; sleep 0.1; done; echo $i > ${count}; cp -r in out`;
    const job = await jobs.start('twice-run', {target: 'gpu', files: {small: 100}, script});
    await until('the start', async () => (await jobs.starts(job)) === 1);
    await temporalLine.blackHole();
    await second.start();
    await until('the second follows it', async () =>
      (await underWay(second)).some(({activity, executionId}) => activity === 'runCommand' && executionId === job.id),
    );
    // Temporal goes on handing out attempts to the polls that the first held open: two, and then one that was answered.
    const [pending] = (await stack.temporal.workflow.getHandle(job.id).describe()).raw.pendingActivities ?? [];
    expect(pending?.attempt).toBeLessThanOrEqual(4);
    await temporalLine.heal();
    await writeText(over, '');
    await bothLetGo(job);
    await jobs.expectWhole(job);
    const chunks: Uint8Array[] = [];
    for await (const {data} of job.handle.logs({streams: ['stdout']})) chunks.push(data);
    const lines = Array.from({length: Number(await readFile(count, 'utf8'))}, (_, index) => `line ${index + 1}\n`);
    expect(Buffer.concat(chunks).toString()).toBe(lines.join(''));
  });
});

describe(`the launcher killed around the start (seed ${faultSeed})`, () => {
  const instances = ['gpu', 'local'].flatMap((target) =>
    (['before', 'after'] as const).map((side) => ({target, side})),
  );

  it.each(instances)('$side it is taken, on $target: it runs once', async (where) => {
    const {target, side} = where;
    const random = randomOf(`launch ${target} ${side}`);
    const id = `launch-${target}-${side}`;
    const control = join(stack.workspaceRoot(target), id, 'g1/control');
    const starting = jobs.start(id, {target, script: 'echo one > out'});
    starting.catch(() => undefined);
    await until('the launch', async () => {
      if (side === 'after') return existsSync(join(control, 'started'));
      return (await readdir(control).catch(() => [])).length > 0;
    });
    await delay(between(random, 0, 15));
    // The scripts that it runs on the target die with it: only who has the start goes on.
    await Promise.all([first.kill(target === 'local'), target === 'gpu' ? stack.sshd.killSessions() : undefined]);
    await first.start();
    const job = await starting;
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({outcome: 'succeeded', starts: 1, generation: 1});
    expect(await jobs.starts(job)).toBe(1);
    await jobs.expectNothingLeft(job);
  });
});
