import {chmod, mkdtemp, readdir, rm, statfs, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Medium, smallMedium} from '../../src/stores/contract/media.js';
import type {Sshd} from '../servers/sshd.js';
import {digests, sha256} from './corpus.js';
import {processesOf} from '../execution/processes.js';
import {FaultJobs, MIB, say} from './fault-job.js';
import {until} from '../until.js';
import {between, faultSeed, randomOf} from './seeds.js';
import {startTestStack} from './stack.js';
import {localTarget, sshTarget} from './targets.js';

const SIZE = 48;
let media: Readonly<Record<'tight-local' | 'tight-ssh' | 'store', Medium>>;
let jobs: FaultJobs;
/** What a user other than root may look into and not write. */
let shelf: string;
beforeAll(async () => {
  media = {'tight-local': await smallMedium(SIZE), 'tight-ssh': await smallMedium(SIZE), store: await smallMedium(64)};
  shelf = await mkdtemp(join(tmpdir(), 'waybill-shelf-'));
  const stack = await startTestStack({
    sshd: {shells: ['dash']},
    more: (sshd) =>
      guest(sshd, 'guest', `/home/${user(sshd)}/workspaces`) +
      guest(sshd, 'locked-out', join(shelf, 'workspaces')) +
      localTarget('tight-local', {workspaceRoot: media['tight-local'].path}) +
      sshTarget('tight-ssh', sshd, {workspaceRoot: media['tight-ssh'].path}),
    environment: {WAYBILL_STORE_PATH: media.store.path},
  });
  await chmod(shelf, 0o755);
  jobs = await FaultJobs.open(stack, [
    `/home/${user(stack.sshd)}/workspaces`,
    media['tight-local'].path,
    media['tight-ssh'].path,
  ]);
});
afterAll(async () => {
  try {
    await jobs.close();
  } finally {
    await rm(shelf, {recursive: true, force: true});
    for (const medium of Object.values(media)) await medium.remove();
  }
});

function user(sshd: Sshd): string {
  return sshd.users.get('dash') ?? '';
}

/** A target on which nothing is root's. */
function guest(sshd: Sshd, name: string, workspaceRoot: string): string {
  return sshTarget(name, sshd, {user: user(sshd), workspaceRoot, roots: [shelf]});
}

/** Takes space until `left` bytes are free; answers with how to give it back. */
async function fill(medium: Medium, left: number): Promise<() => Promise<void>> {
  const path = join(medium.path, 'filler');
  const {bavail, bsize} = await statfs(medium.path);
  await writeFile(path, Buffer.alloc(bavail * bsize - left));
  return () => rm(path);
}

describe.each(['tight-local', 'tight-ssh'] as const)(`a full disk (seed ${faultSeed})`, (target) => {
  it(`of ${target} while staging ends the run by its name, leaves nothing, and retry mends it`, async () => {
    const left = between(randomOf(target), 2, 9);
    const free = await fill(media[target], left * MIB);
    const job = await jobs.start(`full-${target}`, {target, files: {'large.bin': 12 * MIB, small: 5000}});
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({
      outcome: 'failed',
      starts: 0,
      failure: {code: 'store.no-space', stage: 'stage'},
    });
    expect(result.failure?.message).toMatch(/in\/(large\.bin|small)/);
    expect(result.failure?.message).toContain(target);
    expect(await jobs.starts(job)).toBe(0);
    await jobs.expectNothingLeft(job);
    await free();
    await job.handle.retry();
    await jobs.expectWhole(job);
  });
});

describe(`a full default store (seed ${faultSeed})`, () => {
  it('while collecting ends the run by its name, keeps the workspace, and retry collects what is missing', async () => {
    const job = await jobs.start('full-store', {
      target: 'gpu',
      files: {seed: 1000},
      script: 'mkdir out; cp in/seed out; head -c 12582912 /dev/urandom > out/large.bin; sha256sum < out/large.bin',
      more: {uploadDeadlineMs: 60_000},
    });
    // Filled as soon as the inputs have arrived there: what comes then is the output.
    await until('the start', async () => (await jobs.starts(job)) === 1);
    const left = between(randomOf('store'), 3, 8);
    const free = await fill(media.store, left * MIB);
    const result = await job.handle.result().finally(free);
    expect(result, JSON.stringify(result)).toMatchObject({
      outcome: 'failed',
      starts: 1,
      failure: {code: 'store.no-space', stage: 'collect'},
    });
    // Which of the two meets the full disk first depends on how fast they are.
    expect(result.failure?.message).toMatch(/"out\/(large\.bin|seed)"/);
    await job.handle.retry();
    expect(await job.handle.result()).toMatchObject({outcome: 'succeeded', generation: 1});
    expect(await jobs.starts(job)).toBe(1);
    const into = join(jobs.directory, 'full-store-out');
    await job.handle.download({into});
    const chunks: Uint8Array[] = [];
    for await (const {data} of job.handle.logs({streams: ['stdout']})) chunks.push(data);
    expect(Buffer.concat(chunks).toString()).toBe(`${await sha256(join(into, 'out/large.bin'))}  -\n`);
    await jobs.expectNothingLeft(job);
  });
});

describe('what the user of the target may not do', () => {
  it('read: an input from there is refused by name, and nothing is started', async () => {
    await writeFile(join(shelf, 'open'), 'open');
    await writeFile(join(shelf, 'closed'), 'closed', {mode: 0o600});
    const job = await jobs.start('unreadable-input', {
      target: 'guest',
      more: {
        locations: ['open', 'closed'].map((name) => ({name, from: `guest:${join(shelf, name)}`})),
      },
    });
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({
      outcome: 'failed',
      starts: 0,
      failure: {code: 'store.permission-denied', stage: 'stage', message: say('closed')},
      staged: {files: 1, failedFiles: 1},
    });
    expect(await jobs.starts(job)).toBe(0);
    await jobs.expectNothingLeft(job);
  });

  it('write: a workspace root that it may not use is refused by name', async () => {
    const job = await jobs.start('unwritable-root', {target: 'locked-out', files: {small: 10}});
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({
      outcome: 'failed',
      starts: 0,
      failure: {code: 'store.permission-denied', stage: 'stage', message: say(shelf)},
    });
    expect(await readdir(shelf)).not.toContain('workspaces');
  });

  it('read what the job has closed: it fails by name, the others arrive, and retry takes it when it is open', async () => {
    const closed = ['closed.txt', 'closed-directory'];
    const script = `setsid sleep 3600 </dev/null >/dev/null 2>&1 & mkdir out; cp in/small out; cd out; mkdir ${closed[1]}; for f in ${closed[0]} ${closed[1]}/file; do echo $f > $f; done; chmod 000 ${closed.join(' ')}`;
    const job = await jobs.start('closed-output', {target: 'guest', files: {small: 10}, script});
    const result = await job.handle.result();
    expect(result, JSON.stringify(result)).toMatchObject({
      outcome: 'failed',
      starts: 1,
      failure: {code: 'store.permission-denied', stage: 'collect'},
      collected: {files: 1, failedFiles: 2},
    });
    // The workspace is kept for the retry; what the command left running is not.
    expect(await processesOf(job.id)).toEqual([]);
    const into = join(jobs.directory, 'closed-output-out');
    expect((await job.handle.download({into})).map(({name}) => name)).toEqual(['out/small']);
    const work = `/home/${user(jobs.stack.sshd)}/workspaces/${job.id}/g1/work/out`;
    for (const name of closed) await chmod(join(work, name), 0o755);
    await job.handle.retry();
    expect(await job.handle.result()).toMatchObject({outcome: 'succeeded', generation: 1});
    await job.handle.download({into});
    expect(Object.keys(await digests(join(into, 'out')))).toEqual(['closed-directory/file', 'closed.txt', 'small']);
    await jobs.expectNothingLeft(job);
  });
});
