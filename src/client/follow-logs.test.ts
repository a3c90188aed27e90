import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {exited} from '../../test/cli/scripted-client.js';
import {logsRoot} from '../artifacts/keys.js';
import type {ExecutionResult, StageName} from '../contracts/execution.js';
import {storeLog} from '../execution/log-copier.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import {followLogs} from './follow-logs.js';

let root: string;
let store: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-logs-'));
  store = openLocalStore({name: 'store', root});
});
afterEach(async () => {
  await store.close();
  await rm(root, {recursive: true});
});

/** Both outputs of a generation, whole. */
async function write(generation: number, text: string): Promise<void> {
  for (const [stream, content] of [
    ['stdout', text],
    ['stderr', ''],
  ] as const) {
    await storeLog(store, logsRoot('x', generation, stream), Buffer.from(content), {capBytes: 65_536});
  }
}

async function follow(
  result: Promise<ExecutionResult>,
  state: () => {readonly stage: StageName; readonly generation: number} | undefined = () => undefined,
  signal?: AbortSignal,
): Promise<string> {
  const log = {store, executionId: 'x', generation: 1};
  const execution = {result, state: () => Promise.resolve(state())};
  let text = '';
  for await (const {generation, data} of followLogs(log, signal ? {signal} : {}, execution)) {
    text += `${generation}:${Buffer.from(data).toString()} `;
  }
  return text.trim();
}

const never = new Promise<ExecutionResult>(() => undefined);

it('goes on with the generation that replaces a lost one, while it runs', async () => {
  await write(1, 'one');
  let generation = 1;
  const followed = follow(never, () => ({stage: generation === 3 ? 'collect' : 'run', generation}));
  await delay(300);
  generation = 2;
  await delay(300);
  await write(2, 'two');
  generation = 3;
  await write(3, 'three');
  expect(await followed).toBe('1:one 2:two 3:three');
});

it('ends with the command, before the execution does', async () => {
  await write(1, 'one');
  expect(await follow(never, () => ({stage: 'collect', generation: 1}))).toBe('1:one');
});

it('learns of a rerun from the result where the workflow cannot be asked', async () => {
  await write(1, 'one');
  await write(2, 'two');
  expect(await follow(delay(700).then(() => exited(0, {generation: 2})))).toBe('1:one 2:two');
});

it('ends where the command was never started and nobody marks its output as complete', async () => {
  const {version, executionId, outcome, target, generation, staged, collected, starts, warnings, endedAt} = exited(1);
  const result = {version, executionId, outcome, target, generation, staged, collected, starts, warnings, endedAt};
  expect(await follow(Promise.resolve(result))).toBe('');
});

it('reads what there is, once, where the output was never marked as complete', async () => {
  await write(1, 'one');
  await store.remove(`${logsRoot('x', 1, 'stdout')}/end`);
  expect(await follow(Promise.resolve(exited(0)))).toBe('1:one');
});

it('rejects with the reason of the signal, and with what kept the result from being known', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await expect(follow(never, undefined, stop.signal)).rejects.toThrow('enough');
  await write(1, 'one');
  await expect(follow(Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
});
