import {readdir, rm, stat, utimes} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {queryCatalog} from '../catalog/query.js';
import {startTestStack, type TestStack} from '../e2e/stack.js';
import {until} from '../until.js';

let stack: TestStack;
const started: string[] = [];
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close(started));

const LONG_AGO = Date.now() / 1000 - 40 * 86_400;

/** An execution whose output has a name that cannot be carried: its workspace is kept for a retry. */
async function keepWorkspace(id: string, target: string): Promise<void> {
  started.push(id);
  const command = ['sh', '-c', String.raw`echo kept > "$(printf 'bad\377')"`];
  const result = await (await stack.client.start({id, target, command})).result();
  expect(result).toMatchObject({outcome: 'failed', failure: {stage: 'collect'}});
  await expectDirectory(id, target);
}

async function expectDirectory(id: string, target: string): Promise<void> {
  expect((await stat(workspace(id, target))).isDirectory()).toBe(true);
}

function workspace(id: string, target: string): string {
  return join(stack.workspaceRoot(target), id, 'g1');
}

async function age(id: string, target: string): Promise<void> {
  const path = workspace(id, target);
  for (const old of [join(path, 'control'), path, join(path, '..')]) await utimes(old, LONG_AGO, LONG_AGO);
}

async function endLongAgo(...ids: readonly string[]): Promise<void> {
  const ended = await queryCatalog(
    stack,
    'update waybill.executions set ended_at = $1 where id = any($2) returning id',
    [new Date(LONG_AGO * 1000), ids],
  );
  expect(ended).toHaveLength(ids.length);
}

it('removes kept workspaces when their time is over, and nothing that is younger or runs', async () => {
  await keepWorkspace('left-local', 'local');
  await keepWorkspace('left-gpu', 'gpu');
  await keepWorkspace('kept-local', 'local');
  started.push('runs-gpu');
  const running = await stack.client.start({id: 'runs-gpu', target: 'gpu', command: ['sleep', '60']});
  await until('the command runs', async () =>
    (await readdir(join(workspace('runs-gpu', 'gpu'), 'control')).catch((): string[] => [])).includes('started'),
  );
  for (const id of ['left-local', 'kept-local']) await age(id, 'local');
  for (const id of ['left-gpu', 'runs-gpu']) await age(id, 'gpu');
  await endLongAgo('left-local', 'left-gpu');

  // The next worker has never swept.
  await rm(join(stack.directory, 'state/sweeps.json'), {force: true});
  await stack.killWorker();
  await until(
    'the old workspaces are swept',
    async () => {
      const left = [workspace('left-local', 'local'), workspace('left-gpu', 'gpu')];
      return (await Promise.all(left.map((path) => stat(path).catch(() => undefined)))).every((found) =>
        found?.isFile(),
      );
    },
    60,
  );
  await expectDirectory('kept-local', 'local');
  await expectDirectory('runs-gpu', 'gpu');
  expect(await readdir(join(workspace('kept-local', 'local'), 'work'))).toHaveLength(1);

  await running.cancel();
  expect(await running.result()).toMatchObject({outcome: 'cancelled', starts: 1});
});
