import {randomBytes} from 'node:crypto';
import {link, open, readdir, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {BLOCK_BYTES} from '../../src/transfer/blocks.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';
import {lastAttempts} from './attempts.js';
import {digests} from './corpus.js';
import {processesOf} from '../execution/processes.js';
import {FaultJobs, type Job, MIB, partialOf, say} from './fault-job.js';
import {between, faultSeed, randomOf} from './seeds.js';
import {startTestStack, type TestStack} from './stack.js';
import {arrived, unfinished} from './unfinished.js';

let line: Toxiproxy;
let stack: TestStack;
let jobs: FaultJobs;
beforeAll(async () => {
  stack = await startTestStack({
    line: async (sshdPort) => {
      line = await startToxiproxy(sshdPort);
      return line.port;
    },
  });
  jobs = await FaultJobs.open(stack);
});
afterEach(() => line.heal());
afterAll(async () => {
  try {
    await jobs.close();
  } finally {
    await line.close();
  }
});

/** Slow enough to be hit in the middle: the line to the SSH target is held back, the local one takes a larger file. */
async function startSlowly(id: string, target: string): Promise<{readonly job: Job; readonly partial: string}> {
  if (target === 'gpu') await line.bandwidth(4 * 1024);
  const job = await jobs.start(id, {target, files: {'large.bin': (target === 'gpu' ? 24 : 160) * MIB, small: 100}});
  await arrived(() => unfinished(stack, target, id, 'stage'), 1, job.handle.result());
  const partial = await partialOf(join(stack.workspaceRoot(target), id, 'g1/staging'), MIB);
  return {job, partial};
}

describe.each(['gpu', 'local'])('what others do meanwhile to the files of a run on %s', (target) => {
  it.each([1, 2])(`the partial is damaged while no worker runs, instance %i of seed ${faultSeed}`, async (instance) => {
    const random = randomOf(`damage ${target} ${instance}`);
    const {job, partial} = await startSlowly(`damaged-${target}-${instance}`, target);
    let flipped = 0;
    await stack.killWorker(async () => {
      const file = await open(partial, 'r+');
      try {
        for (; flipped < 3; flipped += 1) await flip(file, between(random, 0, BLOCK_BYTES - 1));
      } finally {
        await file.close();
      }
    });
    await line.heal();
    expect(flipped).toBe(3);
    await jobs.expectWhole(job);
  });

  it('an input in the store is replaced while it is staged: it is told by name, and nothing is started', async () => {
    const {job} = await startSlowly(`replaced-${target}`, target);
    const stored = join(stack.storeRoot, 'executions', job.id, 'inputs/in/large.bin');
    const aside = join(jobs.directory, 'aside');
    const other = join(jobs.directory, 'other');
    await writeFile(other, randomBytes(16 * MIB));
    await link(stored, aside);
    await rename(other, stored);
    await line.heal();
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({
      outcome: 'failed',
      starts: 0,
      failure: {code: 'source.changed', stage: 'stage', message: say('in/large.bin')},
    });
    expect(await jobs.starts(job)).toBe(0);
    await jobs.expectNothingLeft(job);
    await rename(aside, stored);
    await job.handle.retry();
    await jobs.expectWhole(job);
  });

  it('an output that is still written to is told by name and not published; retry takes it when it rests', async () => {
    const rest = join(jobs.directory, `rest-${target}`);
    const grow = `while [ ! -e ${rest} ]; do echo more >> out/growing; done`;
    const job = await jobs.start(`growing-${target}`, {
      target,
      files: {small: 1000},
      script: `cp -r in out; head -c 4000000 /dev/zero > out/growing; (setsid sh -c '${grow}' >/dev/null 2>&1 &)`,
    });
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({
      outcome: 'failed',
      starts: 1,
      failure: {code: 'source.changed', stage: 'collect', message: say('out/growing')},
      collected: {files: 1, failedFiles: 1},
    });
    const into = join(jobs.directory, `${job.id}-first`);
    expect((await job.handle.download({into})).map(({name}) => name)).toEqual(['out/small']);
    expect(await readdir(join(stack.storeRoot, 'executions', job.id, 'outputs/out'))).toEqual(['small']);
    expect(await processesOf(job.id)).toEqual([]);
    await writeFile(rest, '');
    await job.handle.retry();
    expect(await job.handle.result()).toMatchObject({outcome: 'succeeded', generation: 1});
    await job.handle.download({into});
    expect(Object.keys(await digests(join(into, 'out')))).toEqual(['growing', 'small']);
    expect(await jobs.starts(job)).toBe(1);
    await jobs.expectNothingLeft(job);
    await rm(into, {recursive: true});
  });
});

async function flip(file: Awaited<ReturnType<typeof open>>, offset: number): Promise<void> {
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte.writeUInt8(byte.readUInt8() ^ 0xff);
  await file.write(byte, 0, 1, offset);
}

interface Fault {
  readonly title: string;
  /** Before the execution starts. */
  readonly before?: (random: () => number) => Promise<void>;
  /** When its input is on its way. */
  readonly meanwhile?: (random: () => number) => Promise<void>;
  readonly cuts: boolean;
  /** Of the input. Default 22: more than a connection carries that is cut after some megabytes. */
  readonly mebibytes?: number;
}

const faults: readonly Fault[] = [
  {
    title: 'ends every connection after some megabytes, both ways',
    before: async (random) => {
      // A block arrives on each connection, or nothing would ever be proved.
      await line.bandwidth(8 * 1024);
      await line.cutAfterSent(between(random, 14, 18) * MIB);
      await line.cutAfterReceived(between(random, 14, 18) * MIB);
    },
    cuts: true,
  },
  {
    title: 'resets every connection',
    meanwhile: async (random) => {
      await line.reset(between(random, 0, 500));
      await delay(1_500);
      await line.heal();
    },
    cuts: true,
  },
  {
    title: 'falls silent, and closes later',
    meanwhile: async (random) => {
      await line.silence(between(random, 500, 1_500));
      await delay(2_500);
      await line.heal();
    },
    cuts: true,
  },
  {
    title: 'is cut three times in the middle',
    meanwhile: async (random) => {
      for (let cut = 0; cut < 3; cut += 1) {
        await line.cut();
        await delay(between(random, 100, 600));
        await line.heal();
        await line.bandwidth(4 * 1024);
        await delay(between(random, 300, 900));
      }
      await line.heal();
    },
    cuts: true,
  },
  {
    title: 'is slow and far',
    before: async (random) => {
      await line.latency(between(random, 20, 60));
      await line.bandwidth(between(random, 3, 5) * 1024);
    },
    cuts: false,
    mebibytes: 9,
  },
];

describe('a line that', () => {
  it.each(faults)(
    `$title: right bytes, one start (seed ${faultSeed})`,
    async ({title, before, meanwhile, cuts, mebibytes = 22}) => {
      const random = randomOf(title);
      await before?.(random);
      if (meanwhile) await line.bandwidth(4 * 1024);
      const id = `line-${faults.findIndex((fault) => fault.title === title)}`;
      const job = await jobs.start(id, {
        target: 'gpu',
        files: {'a.bin': mebibytes * MIB, small: 100, empty: 0},
      });
      if (meanwhile) {
        await partialOf(join(stack.workspaceRoot('gpu'), id, 'g1/staging'), MIB);
        await meanwhile(random);
      }
      await jobs.expectWhole(job);
      await line.heal();
      const attempts = await lastAttempts(stack.temporal, id);
      if (cuts) expect(Math.max(...attempts.map(({attempt}) => attempt))).toBeGreaterThan(1);
    },
  );
});
