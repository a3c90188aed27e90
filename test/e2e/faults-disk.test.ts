import {rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Medium, smallMedium} from '../../src/stores/contract/media.js';
import {FaultJobs, MIB} from './fault-job.js';
import {between, faultSeed, randomOf} from './seeds.js';
import {startTestStack} from './stack.js';

const SIZE = 48;
let media: Readonly<Record<'tight-local' | 'tight-ssh' | 'store', Medium>>;
let jobs: FaultJobs;
beforeAll(async () => {
  media = {'tight-local': await smallMedium(SIZE), 'tight-ssh': await smallMedium(SIZE), store: await smallMedium(64)};
  const stack = await startTestStack({
    more: (sshd) => `  tight-local:
    kind: local
    workspaceRoot: ${media['tight-local'].path}
  tight-ssh:
    kind: ssh
    host: ${sshd.host}
    port: ${sshd.port}
    user: ${sshd.user}
    identityFile: ${sshd.identityFile}
    knownHostsFile: ${sshd.knownHostsFile}
    sshConfigFile: /nonexistent
    workspaceRoot: ${media['tight-ssh'].path}
`,
    environment: {WAYBILL_STORE_PATH: media.store.path},
  });
  jobs = await FaultJobs.open(stack, [media['tight-local'].path, media['tight-ssh'].path]);
});
afterAll(async () => {
  await jobs.close();
  for (const medium of Object.values(media)) await medium.remove();
});

/** Takes space until `left` bytes are free; answers with how to give it back. */
async function fill(medium: Medium, left: number, of = SIZE): Promise<() => Promise<void>> {
  const path = join(medium.path, 'filler');
  await writeFile(path, Buffer.alloc(of * MIB - left));
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
    expect(result.failure?.message).toContain('large.bin');
    expect(result.failure?.message).toContain(target);
    expect(await jobs.starts(job)).toBe(0);
    await jobs.expectNothingLeft(job);
    await free();
    await job.handle.retry();
    await jobs.expectWhole(job);
  });
});
