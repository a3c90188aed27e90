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

it('1 GB goes up at 10 MB/s or more, whole', async () => {
  const id = 'gigabyte';
  team.started.push(id);
  const inputs = [{name: 'given', path: given}];
  const begun = performance.now();
  handle = await team.stack.client.start({id, target: 'gpu', inputs, command: ['mv', 'given', 'made']});
  expect(BYTES / ((performance.now() - begun) / 1000)).toBeGreaterThan(LEAST_BYTES_A_SECOND);
  expect(await handle.result()).toMatchObject({outcome: 'succeeded', collected: {bytes: BYTES}});
});

it('1 GB comes down at 10 MB/s or more, whole', async () => {
  const into = join(team.far.directory, 'into');
  const begun = performance.now();
  const [file] = await handle.download({into});
  expect(BYTES / ((performance.now() - begun) / 1000)).toBeGreaterThan(LEAST_BYTES_A_SECOND);
  expect(file).toMatchObject({name: 'made', outcome: 'downloaded', size: BYTES});
  expect(await sha256(join(into, 'made'))).toBe(digest);
  await rm(into, {recursive: true});
});
