import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {ExecutionHandle} from '../../src/client/api.js';
import {makeInputs, sha256} from '../e2e/corpus.js';
import {startTeam, type Team} from './team.js';

const BYTES = 1_000_000_000;
const LEAST_BYTES_A_SECOND = 10e6;

let team: Team;
let handle: ExecutionHandle;
let given: string;
let digest: string;
beforeAll(async () => {
  team = await startTeam('no secret');
  await team.operator('setup');
  await team.startWorkers();
  given = join(team.far.directory, 'given');
  await makeInputs(team.far.directory, {given: BYTES});
  digest = await sha256(given);
});
afterAll(() => team.close());

/** Fails where it took longer than 1 GB may. */
async function inTime<T>(moving: Promise<T>): Promise<T> {
  const begun = performance.now();
  const moved = await moving;
  expect(BYTES / ((performance.now() - begun) / 1000)).toBeGreaterThan(LEAST_BYTES_A_SECOND);
  return moved;
}

it('1 GB goes up at 10 MB/s or more, whole', async () => {
  const id = 'gigabyte';
  team.started.push(id);
  const inputs = [{name: 'given', path: given}];
  handle = await inTime(team.stack.client.start({id, target: 'gpu', inputs, command: ['mv', 'given', 'made']}));
  expect(await handle.result()).toMatchObject({outcome: 'succeeded', collected: {bytes: BYTES}});
});

it('1 GB comes down at 10 MB/s or more, whole', async () => {
  const into = join(team.far.directory, 'into');
  const [file] = await inTime(handle.download({into}));
  expect(file).toMatchObject({name: 'made', outcome: 'downloaded', size: BYTES});
  expect(await sha256(join(into, 'made'))).toBe(digest);
  await rm(into, {recursive: true});
});
