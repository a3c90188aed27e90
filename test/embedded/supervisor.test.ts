import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import {Client, Connection} from '@temporalio/client';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {isServing} from '../../src/embedded/grpc-health.js';
import {endLeftovers} from '../../src/embedded/leftovers.js';
import {removePostgres} from '../../src/embedded/postgres.js';
import {identityOf, isRunning, type ProcessIdentity} from '../../src/embedded/process-identity.js';
import {readStack, readStackFile, type StackRecord, writeStackFile} from '../../src/embedded/stack-file.js';
import {eventually, newStackPlace, type StackPlace, type SupervisedStack, supervise} from './supervised-stack.js';

let place: StackPlace;
let stacks: SupervisedStack[];
beforeEach(async () => {
  place = await newStackPlace();
  stacks = [];
});
afterEach(async () => {
  for (const stack of stacks) await stack.interrupt();
  await removePostgres(place.stateDirectory);
  await rm(place.stateDirectory, {recursive: true});
});

const start = async (worker?: readonly string[]) => {
  const stack = await supervise(place, worker);
  stacks.push(stack);
  return stack;
};

const record = async (): Promise<StackRecord> => {
  const found = await readStackFile(place.stateDirectory);
  if (found === undefined) throw new Error('no stack.json');
  return found;
};

const childrenOf = ({temporal, postgres, worker}: StackRecord): readonly ProcessIdentity[] =>
  [temporal?.process, postgres?.process, worker?.process].filter((identity) => identity !== undefined);

const noneRuns = async (identities: readonly ProcessIdentity[]) =>
  !(await Promise.all(identities.map(isRunning))).includes(true);

const kill = (identity: ProcessIdentity | undefined) => process.kill(identity?.pid ?? Number.NaN, 'SIGKILL');

const startWorkflow = async (workflowId: string) => {
  const connection = await Connection.connect({address: `127.0.0.1:${place.ports.temporal}`});
  await new Client({connection}).workflow.start('none', {workflowId, taskQueue: 'none'});
  await connection.close();
};

const describeWorkflow = async (workflowId: string) => {
  const connection = await Connection.connect({address: `127.0.0.1:${place.ports.temporal}`});
  try {
    return (await new Client({connection}).workflow.getHandle(workflowId).describe()).status.name;
  } finally {
    await connection.close();
  }
};

test('Ctrl-C ends all of it cleanly, and the state survives a restart', async () => {
  const first = await start();
  await first.event('up');
  const children = childrenOf(await record());
  expect(children).toHaveLength(3);
  await startWorkflow('kept');
  await first.interrupt();
  expect(first.events.filter(({event}) => event === 'stopped').map(({service}) => service)).toEqual([
    'worker',
    'postgres',
    'temporal',
  ]);
  expect(await noneRuns(children)).toBe(true);
  expect(await readStackFile(place.stateDirectory)).toBeUndefined();

  const second = await start();
  await second.event('up');
  expect(await describeWorkflow('kept')).toBe('RUNNING');
});

test('a worker that is killed is back within a second', async () => {
  const stack = await start();
  await stack.event('up');
  const before = (await record()).worker?.process;
  kill(before);
  const took = await eventually(
    async () => ((await record()).worker?.process.pid ?? before?.pid) !== before?.pid,
    1000,
  );
  expect(took).toBeLessThan(1000);
  await stack.event('exited', {service: 'worker', restartInMs: 0});
});

test('a supervisor that is killed leaves no child after five seconds, not even one that ignores SIGTERM', async () => {
  const stack = await start(['sh', '-c', "trap '' TERM; while :; do sleep 1; done"]);
  await stack.event('up');
  const children = childrenOf(await record());
  stack.process.kill('SIGKILL');
  await eventually(() => noneRuns(children), 5000);
  expect(await readStack(place.stateDirectory)).toBeUndefined();

  const next = await start();
  await next.event('up');
});

test('a second start names the first', async () => {
  const first = await start();
  await first.event('up');
  const second = await start();
  const refused = await second.event('refused');
  expect(refused['code']).toBe('stack.already-running');
  expect(refused['message']).toContain(`127.0.0.1:${place.ports.temporal}`);
  expect(await readStack(place.stateDirectory)).toMatchObject({
    temporal: {address: `127.0.0.1:${place.ports.temporal}`},
  });
});

test('what outlived its supervisor is ended by its recorded identity', async () => {
  const first = await start();
  await first.event('up');
  const {temporal, postgres, worker} = await record();
  // Without its guard, the only shell of its process group, a server outlives the supervisor.
  for (const identity of [temporal?.process, postgres?.process]) {
    expect(spawnSync('pkill', ['-KILL', '-g', String(identity?.pid), '-x', 'sh']).status).toBe(0);
  }
  first.process.kill('SIGKILL');
  await eventually(() => noneRuns(worker === undefined ? [] : [worker.process]), 5000);
  const left = [temporal?.process, postgres?.process].filter((identity) => identity !== undefined);
  expect(await Promise.all(left.map(isRunning))).toEqual([true, true]);

  const second = await start();
  const ended = await second.event('ended-leftovers');
  expect(ended['services']).toEqual(['postgres', 'temporal']);
  await second.event('up');
  expect(await noneRuns(left)).toBe(true);
});

test('a stranger that has a recorded pid by now is left alone', async () => {
  const stranger = spawn('sleep', ['1000']);
  await once(stranger, 'spawn');
  const {pid = 0} = stranger;
  const own = await identityOf(pid);
  if (own === undefined) throw new Error('no identity');
  for (const changed of [{startedAt: '1'}, {bootId: 'an earlier boot'}]) {
    const identity = {...own, ...changed};
    await writeStackFile(place.stateDirectory, {version: 1, supervisor: identity, worker: {process: identity}});
    expect(await endLeftovers(place.stateDirectory)).toEqual([]);
    expect(await isRunning(own)).toBe(true);
  }
  await writeStackFile(place.stateDirectory, {version: 1, supervisor: own, worker: {process: own}});
  expect(await endLeftovers(place.stateDirectory)).toEqual(['worker']);
  expect(await isRunning(own)).toBe(false);
});

test('Temporal that is killed comes back on its file and its port', async () => {
  const stack = await start();
  await stack.event('up');
  await startWorkflow('survivor');
  kill((await record()).temporal?.process);
  const address = `127.0.0.1:${place.ports.temporal}`;
  await stack.event('started', {service: 'temporal'}, 1);
  expect(await isServing(address)).toBe(true);
  expect(await describeWorkflow('survivor')).toBe('RUNNING');
});

test('a busy port is refused by the name of its holder, and nothing stays behind', async () => {
  const server = createServer().listen(place.ports.temporal, '127.0.0.1');
  const stack = await start();
  const refused = await stack.event('refused');
  server.close();
  expect(refused['code']).toBe('stack.port-in-use');
  expect(refused['message']).toContain(`port ${place.ports.temporal}`);
  expect(refused['message']).toContain(`(pid ${process.pid})`);
  expect(await readStackFile(place.stateDirectory)).toBeUndefined();
});
