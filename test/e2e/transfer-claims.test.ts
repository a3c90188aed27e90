import {mkdir, readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {TransferHandle} from '../../src/client/api.js';
import type {TransferOptionsRequest} from '../../src/contracts/transfer.js';
import {until} from '../until.js';
import {digests, makeInputs} from './corpus.js';
import {startTestStack, type TestStack} from './stack.js';
import {diskAndFar} from './targets.js';
import {waybillCommand} from './waybill-command.js';

let stack: TestStack;
let files: string;
const started: string[] = [];

beforeAll(async () => {
  stack = await startTestStack({
    more: diskAndFar,
  });
  files = join(stack.directory, 'files');
  await makeInputs(join(files, 'from'), {large: 60_000_000});
  await makeInputs(join(files, 'small'), {a: 10, b: 20});
});

afterAll(async () => {
  await stack.close(started);
});

async function copy(source: string, destination: string, options: TransferOptionsRequest = {}) {
  const handle = await stack.client.copy({sources: [source], destination, options});
  started.push(handle.id);
  return handle;
}

/** One that is slow, and has begun to write. */
async function slowCopy(destination: string, limitRate = 2_000_000): Promise<TransferHandle> {
  const handle = await copy(`disk:${files}/from/`, destination, {limitRate});
  const path = destination.slice(destination.indexOf(':') + 1);
  await until('the copy writes', async () => (await leftovers(path)).some((name) => name.endsWith('.partial')));
  return handle;
}

async function leftovers(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory, {recursive: true}).catch((): string[] => []);
  return found.filter((name) => name.includes('.waybill-transfer'));
}

const claims = () => readdir(join(stack.storeRoot, 'claims')).catch((): string[] => []);

it('lets one of two copies to a place write, and tells the other who does, as a workflow and with --direct', async () => {
  const first = await slowCopy(`far:${files}/one`);
  const busy = {code: 'transfer.destination-busy', message: `the copy ${first.id} is writing ${files}/one`};
  const second = await copy(`disk:${files}/small/`, `far:${files}/one`);
  expect(await second.result()).toMatchObject({outcome: 'failed', failure: busy, counts: {sentBytes: 0}});
  const below = await copy(`disk:${files}/small`, `far:${files}/one/sub/`);
  expect(await below.result()).toMatchObject({failure: {code: busy.code}});
  const direct = await waybillCommand(stack, files, ['copy', '--direct', 'small/', `far:${files}/one`]);
  expect(direct.status).not.toBe(0);
  expect(direct.stderr).toContain(busy.message);
  // Another place is nobody's business.
  const beside = await copy(`disk:${files}/small/`, `far:${files}/two`);
  expect(await beside.result()).toMatchObject({outcome: 'succeeded'});
  await first.cancel();
  expect(await first.result()).toMatchObject({outcome: 'cancelled'});
  expect(await readdir(join(files, 'one'))).toEqual([]);
  const again = await copy(`disk:${files}/small/`, `far:${files}/one`);
  expect(await again.result()).toMatchObject({outcome: 'succeeded'});
  expect(await claims()).toEqual([]);
});

it('waits for the other one where that is asked for, on both ways', async () => {
  const first = await slowCopy(`far:${files}/turns`);
  const waiting = await copy(`disk:${files}/small/`, `far:${files}/turns/`, {wait: true});
  const args = ['copy', '--direct', '--wait', 'small/', `far:${files}/turns/sub`];
  const direct = await waybillCommand(stack, files, args, {
    whileItRuns: async (_pid, told) => {
      await until('it waits', async () => told().includes('Waiting: '));
      for (const name of ['a', 'sub']) expect(await readdir(join(files, 'turns'))).not.toContain(name);
      await first.cancel();
    },
  });
  expect(await first.result()).toMatchObject({outcome: 'cancelled'});
  expect(direct.status).toBe(0);
  expect(await waiting.result()).toMatchObject({outcome: 'succeeded', counts: {copied: 2}});
  expect(await digests(join(files, 'turns/sub'))).toEqual(await digests(join(files, 'small')));
  expect(await claims()).toEqual([]);
});

it('is not blocked by a --direct that was killed, and waits for none of the dead', async () => {
  const args = ['copy', '--direct', '--limit-rate', '2MB', 'from/', `far:${files}/killed`];
  await waybillCommand(stack, files, args, {
    whileItRuns: async (pid) => {
      await until('it writes', async () => (await leftovers(join(files, 'killed'))).length > 1);
      const refused = await copy(`disk:${files}/small/`, `far:${files}/killed`);
      expect(await refused.result()).toMatchObject({failure: {code: 'transfer.destination-busy'}});
      process.kill(pid, 'SIGKILL');
    },
  });
  const next = await copy(`disk:${files}/small/`, `far:${files}/killed`);
  expect(await next.result()).toMatchObject({outcome: 'succeeded'});
  await rm(join(stack.storeRoot, 'claims'), {recursive: true});
});

it('sweeps what terminated copies left when a worker starts, and nothing of those that run', async () => {
  await mkdir(join(files, 'ended'));
  const ended = await slowCopy(`far:${files}/ended`);
  const endedHere = await slowCopy(`disk:${files}/ended-here`);
  const running = await slowCopy(`far:${files}/running`, 8_000_000);
  for (const {id} of [ended, endedHere]) await stack.temporal.workflow.getHandle(id).terminate('by an operator');
  // A copy to the same place need not wait for the sweep.
  const next = await copy(`disk:${files}/small/a`, `far:${files}/ended/`);
  expect(await next.result()).toMatchObject({outcome: 'succeeded'});
  expect((await leftovers(join(files, 'ended'))).length).toBeGreaterThan(0);
  await stack.killWorker();
  await until('what they left is gone', async () => {
    const left = [await leftovers(join(files, 'ended')), await leftovers(join(files, 'ended-here'))];
    return left.flat().length === 0;
  });
  expect((await leftovers(join(files, 'running'))).length).toBeGreaterThan(0);
  expect(await running.result()).toMatchObject({outcome: 'succeeded', counts: {failed: 0}});
  expect(await digests(join(files, 'running'))).toEqual(await digests(join(files, 'from')));
  expect(await readdir(join(files, 'ended'))).toEqual(['a']);
  expect(await claims()).toEqual([]);
});
