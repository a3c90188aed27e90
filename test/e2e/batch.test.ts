import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {BatchResult} from '../../src/contracts/batch.js';
import {leftovers, startTestStack, type TestStack} from './stack.js';
import {waybillCommand} from './waybill-command.js';

let stack: TestStack;
let here: string;
let environment: Record<string, string>;
const started: string[] = [];
beforeAll(async () => {
  stack = await startTestStack();
  here = await mkdtemp(join(tmpdir(), 'waybill-batch-'));
  environment = {XDG_STATE_HOME: join(here, '.state')};
  await mkdir(join(here, 'data/more'), {recursive: true});
  await writeFile(join(here, 'work.sh'), WORK);
});
afterAll(async () => {
  await stack.close(started);
  await rm(here, {recursive: true, force: true});
});

/** Fails for a file that says so, until the marker is there; waits where it says so. */
const WORK = `case $(cat "$1") in
  bad) [ -e "$2/mended" ] || { echo no good >&2; exit 3; } ;;
  slow) for i in $(seq 1 600); do [ -e "$2/go" ] && break; sleep 0.1; done ;;
esac
wc -c < "$1" > size.txt
`;

function run(args: readonly string[], whileItRuns?: (pid: number) => Promise<void>) {
  return waybillCommand(stack, here, args, {environment, ...(whileItRuns ? {whileItRuns} : {})});
}

async function makeFiles(directory: string, contents: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(here, directory), {recursive: true});
  for (const [name, content] of Object.entries(contents)) await writeFile(join(here, directory, name), content);
}

function events(stdout: string): readonly {readonly event: string; readonly [field: string]: unknown}[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as {event: string});
}

/** The id of the batch that was started last and is not known yet. */
async function startedBatch(): Promise<string> {
  let id: string | undefined;
  await expect
    .poll(async () => {
      for await (const batch of stack.client.batches()) if (!started.includes(batch.id)) id = batch.id;
      return id;
    })
    .toBeDefined();
  if (id === undefined) throw new Error('no batch');
  started.push(id);
  return id;
}

const command = ['./work.sh', '{}', '.'];

it('explains what a shell has made of an unquoted pattern, and a pattern that is none', async () => {
  await makeFiles('few', {'a.txt': 'a', 'b.txt': 'b'});
  const expanded = await run(['run', '--batch', 'few/a.txt', 'few/b.txt', 'wc', '{}']);
  expect(expanded.status).toBe(125);
  expect(expanded.stderr).toContain('was expanded by the shell');
  expect(expanded.stderr).toContain("--batch 'few/*.txt'");
  const nowhere = await run(['run', '--batch', 'few/*.txt', 'wc', '-c']);
  expect(nowhere.stderr).toContain('no argument of the command holds {}');
  const nothing = await run(['run', '--batch', 'few/*.none', 'wc', '{}']);
  expect(nothing.stderr).toContain('No file matches "few/*.none"');
});

it('runs once for each file, outputs under its name, two that fail in a table, and those again', async () => {
  const contents = Object.fromEntries(Array.from({length: 12}, (_, index) => [`f${index}.txt`, `${index}`]));
  await makeFiles('data', {...contents, 'f3.txt': 'bad', '-odd name.txt': 'bad'});
  const ran = await run([
    'run',
    '--batch',
    'data/*.txt',
    '--parallel',
    '4',
    '--name',
    'sizes',
    './work.sh',
    '{}',
    here,
  ]);
  const id = await startedBatch();
  expect(ran.status).toBe(120);
  expect(ran.stderr).toContain('11 of 13 succeeded, 2 failed');
  expect(ran.stderr).toMatch(/^f3\.txt +sizes-\S+-\d{6} +exited with 3$/m);
  expect(ran.stderr).toMatch(/^-odd name\.txt +sizes-\S+-000000 +exited with 3$/m);
  expect((await readFile(join(here, 'outputs/f10.txt/size.txt'), 'utf8')).trim()).toBe('2');
  expect((await readdir(join(here, 'outputs'))).sort()).toEqual(
    Object.keys(contents)
      .filter((name) => name !== 'f3.txt')
      .sort(),
  );
  const shown = await run(['batch', id, '--json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    ...{id, state: 'failed', counts: {items: 13, succeeded: 11, failed: 2, cancelled: 0}},
    failed: [{input: '-odd name.txt', code: 'execution.command-failed', exitStatus: 3}, {input: 'f3.txt'}],
  });
  const listed = await run(['list']);
  expect(listed.stdout).toMatch(/failed +local .*11\/13 ok +batch of 13: sizes/);
  expect(listed.stdout).not.toContain(`${id}-000001`);
  expect((await run(['list', '--batch', id])).stdout).toContain(`${id}-000001`);

  await writeFile(join(here, 'mended'), '');
  const again = await run(['batch', id, '--retry-failed']);
  expect(again.stderr).toContain('2 that did not succeed run again');
  expect(again.stderr).toContain('13 of 13 succeeded');
  expect(again.status).toBe(0);
  expect((await readFile(join(here, 'outputs/f3.txt/size.txt'), 'utf8')).trim()).toBe('3');
  const {starts, generation} = await stack.client.execution(`${id}-000001`).result();
  expect({starts, generation}).toEqual({starts: 1, generation: 1});
  const nothing = await run(['batch', id, '--retry-failed']);
  expect(nothing.stderr).toContain('there is nothing to run again');
  expect(nothing.status).toBe(0);
});

it('goes on after the client was detached and the worker was killed, and starts no command twice', async () => {
  await makeFiles('long', Object.fromEntries(Array.from({length: 6}, (_, index) => [`l${index}`, 'slow'])));
  const detached = await run(['run', '--batch', 'long/*', '--parallel', '3', '--detach', './work.sh', '{}', here]);
  expect(detached.status).toBe(0);
  const id = await startedBatch();
  expect(detached.stdout.trim()).toBe(id);
  const batch = stack.client.batch(id);
  await expect.poll(async () => (await batch.state()).running).toBe(3);
  await stack.killWorker();
  await writeFile(join(here, 'go'), '');
  const waited = await run(['wait', id, '--json']);
  expect(waited.status).toBe(0);
  const seen = events(waited.stdout);
  expect(seen.filter(({event}) => event === 'item')).toHaveLength(6);
  expect(seen.at(-1)).toMatchObject({event: 'ended', result: {outcome: 'succeeded', counts: {items: 6, succeeded: 6}}});
  for (const {id: executionId} of await batch.outcomes()) {
    expect((await stack.client.execution(executionId).result()).starts).toBe(1);
  }
  await rm(join(here, 'go'));
});

it('sends the rest where the client was killed in the middle, and takes up the batch', async () => {
  await mkdir(join(here, 'large'));
  // Each is a page by itself.
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
    await writeFile(join(here, 'large', name), Buffer.alloc(33_000_000, name));
  let id = '';
  await run(['run', '--batch', 'large/*', '--remote-only', 'wc', '-c', '{}'], async (pid) => {
    id = await startedBatch();
    const sent = async () => (await stack.client.batch(id).state()).pagesSent;
    await expect.poll(sent).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
  });
  expect((await stack.client.batch(id).state()).pagesSent).toBeLessThan(6);
  const waited = await run(['wait', id]);
  expect(waited.stderr).toContain('6 of 6 succeeded');
  expect(waited.status).toBe(0);
});

it('a cancelled batch leaves no process, no workspace and no input behind', async () => {
  await makeFiles('stuck', Object.fromEntries(Array.from({length: 8}, (_, index) => [`s${index}`, 'slow'])));
  await run(['run', '--batch', 'stuck/*', '--parallel', '2', '--detach', ...command]);
  const id = await startedBatch();
  const batch = stack.client.batch(id);
  await expect.poll(async () => (await batch.state()).running).toBe(2);
  const cancelled = await run(['cancel', id]);
  expect(cancelled.stderr).toContain(`Cancelled ${id}.\n0 of 8 succeeded, 2 cancelled, 6 not begun.`);
  const result: BatchResult = await batch.result();
  expect(result).toMatchObject({outcome: 'cancelled', counts: {items: 8, cancelled: 2}});
  const stored = await readdir(join(stack.storeRoot, 'executions'));
  const own = stored.filter((name) => name.startsWith(id));
  expect(own).toEqual(result.counts.cancelled === 2 ? [`${id}-000000`, `${id}-000001`] : []);
  for (const name of own) expect(await leftovers(stack, name)).toEqual([]);
});

/** A batch over these names, whose command gets one of them; the files have no content. */
async function batchOf(id: string, names: readonly string[], script: string) {
  started.push(id);
  await makeFiles(id, Object.fromEntries(names.map((name) => [name, ''])));
  const files = names.map((name) => ({path: join(here, id, name), name, input: name, size: 0}));
  const execution = {command: ['sh', '-c', script, 'sh', '{}', here]};
  return await stack.client.startBatch({id, files, parallel: 1, execution});
}

it('runs nothing again beside what an execution that was terminated has left running', async () => {
  await mkdir(join(here, 'alive'));
  const script = `for pid in $(ls "$2/alive"); do kill -0 $pid && touch "$2/beside"; done
touch "$2/alive/$$"; until [ -e "$2/all-go" ]; do sleep 0.1; done`;
  const batch = await batchOf('terminated', ['a'], script);
  const alive = () => readdir(join(here, 'alive'));
  await expect.poll(alive).toHaveLength(1);
  await stack.temporal.workflow.getHandle('terminated-000000').terminate();
  expect(await batch.result()).toMatchObject({outcome: 'failed', failures: [{outcome: 'lost'}]});
  const [left] = await alive();
  process.kill(Number(left), 0);
  expect(await batch.retryFailed()).toEqual({round: 2, items: 1});
  await expect.poll(alive).toHaveLength(2);
  await writeFile(join(here, 'all-go'), '');
  expect(await batch.result()).toMatchObject({outcome: 'succeeded', round: 2});
  expect(await readdir(here)).not.toContain('beside');
});

it('leaves an item as it ended that somebody has run again by itself, before its turn came', async () => {
  const script = `echo "$1" >> "$2/begun"; [ -e "$2/better" ] || exit 3
if [ "$1" = first ]; then until [ -e "$2/first-go" ]; do sleep 0.1; done; fi`;
  const batch = await batchOf('planned', ['first', 'second'], script);
  expect(await batch.result()).toMatchObject({outcome: 'failed', counts: {failed: 2}});
  await writeFile(join(here, 'better'), '');
  await batch.retryFailed();
  const begun = async () => (await readFile(join(here, 'begun'), 'utf8')).trim().split('\n');
  // What is to be done for both of them is decided by then.
  await expect.poll(begun).toEqual(['first', 'second', 'first']);
  const second = stack.client.execution('planned-000001');
  await second.retry();
  expect(await second.result()).toMatchObject({outcome: 'succeeded', generation: 2});
  await writeFile(join(here, 'first-go'), '');
  expect(await batch.result()).toMatchObject({outcome: 'succeeded', counts: {items: 2, succeeded: 2}});
  expect(await begun()).toEqual(['first', 'second', 'first', 'second']);
  expect(await stack.client.execution('planned-000001').result()).toMatchObject({generation: 2, starts: 1});
});
