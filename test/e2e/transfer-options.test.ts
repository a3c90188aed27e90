import {mkdir, readdir, readFile, stat, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {z} from 'zod';
import {type TransferOutcome, transferOutcome} from '../../src/contracts/catalog.js';
import {collect} from '../../src/stores/contract/subject.js';
import {digests, makeInputs} from './corpus.js';
import {startTestStack, type TestStack} from './stack.js';
import {diskAndFar} from './targets.js';
import {waybillCommand} from './waybill-command.js';

const startedEvent = z.object({event: z.literal('started'), id: z.string()});

let stack: TestStack;
let files: string;
const started: string[] = [];

beforeAll(async () => {
  stack = await startTestStack({
    more: diskAndFar,
    settings: 'transfer:\n  segmentFiles: 20\n  maxBytes: 50000000\n',
  });
  files = join(stack.directory, 'files');
});

afterAll(async () => {
  await stack.close(started);
});

const waybill = (...args: readonly string[]) => waybillCommand(stack, files, args);

it('tells of files that were not tried because one had failed', async () => {
  const names = Array.from({length: 60}, (_, file) => `f${String(file).padStart(2, '0')}`);
  await makeInputs(join(files, 'many'), Object.fromEntries(names.map((name) => [name, 5])));
  await mkdir(join(files, 'fast/f00/inside'), {recursive: true});
  const handle = await stack.client.copy({
    sources: [`disk:${files}/many/`],
    destination: `disk:${files}/fast`,
    options: {failFast: true, parallel: 1},
  });
  started.push(handle.id);
  const {counts} = await handle.result();
  const told = await collect(handle.outcomes());
  expect(told.map(({name}) => name)).toEqual(names);
  expect(told.filter(({outcome}) => outcome === 'failed')).toHaveLength(counts.failed);
  expect(told.at(-1)).toMatchObject({outcome: 'failed', code: 'transfer.not-tried'});
});

it('tells every file that failed, page by page, and writes them all into a manifest', async () => {
  const names = Array.from({length: 50}, (_, file) => `f${String(file).padStart(2, '0')}`);
  await makeInputs(join(files, 'broken'), Object.fromEntries(names.map((name) => [name, 5])));
  // What lies there cannot be replaced.
  for (const name of names.slice(10)) await mkdir(join(files, 'taken', name, 'inside'), {recursive: true});
  const end = await waybill('copy', '--manifest', 'm.ndjson', `disk:${files}/broken/`, `far:${files}/taken`);
  expect(end.status).toBe(120);
  const id = /Copy (\S+)/.exec(end.stderr)?.[1] ?? '';
  started.push(id);
  const lines = (await readFile(join(files, 'm.ndjson'), 'utf8')).trim().split('\n');
  const outcomes = lines.map((line) => transferOutcome.parse(JSON.parse(line)));
  expect(outcomes.map(({name}) => name)).toEqual(names);
  expect(outcomes.filter(({outcome}) => outcome === 'copied').map(({name}) => name)).toEqual(names.slice(0, 10));
  const shown = await waybill('transfers', id);
  expect(shown.stderr).toContain(`20 more failed: waybill transfers ${id} --failed`);
  const failed = (await waybill('transfers', id, '--failed')).stdout.trim().split('\n');
  expect(failed).toHaveLength(40);
  expect(failed[39]).toMatch(/^failed .* f49: .*\(store.is-a-directory\)$/);
  const told: TransferOutcome[] = await collect(stack.client.transfer(id).outcomes({failed: true}));
  expect(told.map(({name}) => name)).toEqual(names.slice(10));
});

it.each([[[]], [['--direct']]])('takes every option, %j', async (mode) => {
  const name = mode.length === 0 ? 'durable' : 'direct';
  await makeInputs(join(files, `${name}-from`), {'large.bin': 9_000_000, 'small.txt': 10, 'left.log': 10});
  const options = [
    ...['--include', '*.bin', '--include', '*.txt', '--exclude', '*.log', '--hidden', '--symlinks', 'skip'],
    ...['--overwrite', 'different', '--preserve-owner', '--verify', 'both', '--retries', '5', '--timeout', '30s'],
    ...['--max-size', '50MB', '--chunk', '64KiB', '--parallel', '2', '--connections', '1', '--limit-rate', '50MB'],
    ...['--no-atomic', '--no-resume', '--fail-fast', '--wait', '--manifest', `${name}.ndjson`, '--json'],
  ];
  const places = [`disk:${files}/${name}-from/`, `far:${files}/${name}-to`];
  const end = await waybill('copy', ...mode, ...options, ...places);
  expect(end.status, end.stderr).toBe(0);
  const events = end.stdout.trim().split('\n');
  if (mode.length === 0) started.push(startedEvent.parse(JSON.parse(events[0] ?? '{}')).id);
  expect(JSON.parse(events.at(-1) ?? '{}')).toMatchObject({event: 'ended', result: {counts: {copied: 2, failed: 0}}});
  expect((await readdir(join(files, `${name}-to`))).sort()).toEqual(['large.bin', 'small.txt']);
  expect((await stat(join(files, `${name}-to/large.bin`))).size).toBe(9_000_000);
  const manifest = (await readFile(join(files, `${name}.ndjson`), 'utf8')).trim().split('\n');
  expect(manifest.map((line) => transferOutcome.parse(JSON.parse(line)))).toMatchObject([
    {name: 'large.bin', outcome: 'copied', verified: 'sha256'},
    {name: 'small.txt', outcome: 'copied', verified: 'sha256'},
  ]);
});

it('refuses a copy of more bytes than the worker allows', async () => {
  await mkdir(join(files, 'too-much'), {recursive: true});
  for (const name of ['one', 'two']) {
    await writeFile(join(files, 'too-much', name), '');
    await truncate(join(files, 'too-much', name), 30_000_000);
  }
  const copied = async (from: string, to: string) => {
    const handle = await stack.client.copy({sources: [`far:${files}/${from}`], destination: `disk:${files}/${to}`});
    started.push(handle.id);
    return await handle.result();
  };
  expect(await copied('too-much/', 'refused')).toMatchObject({
    outcome: 'failed',
    failure: {code: 'transfer.too-large'},
    counts: {copied: 0, sentBytes: 0},
  });
  expect(await readdir(files)).not.toContain('refused');
  expect(await copied('too-much/one', 'allowed')).toMatchObject({outcome: 'succeeded', counts: {copied: 1}});
});

it('runs a hundred transfers into one directory at once', async () => {
  const names = Array.from({length: 100}, (_, file) => `f${file}`);
  await makeInputs(join(files, 'hundred'), Object.fromEntries(names.map((name) => [name, 100_000])));
  // So slow that those which begin first are not through when many others have begun, also on a machine under load.
  const options = {limitRate: 8_000};
  const handles = await Promise.all(
    names.map((name) =>
      stack.client.copy({sources: [`disk:${files}/hundred/${name}`], destination: `disk:${files}/arrived/`, options}),
    ),
  );
  started.push(...handles.slice(0, 5).map(({id}) => id));
  const underWay = async () => {
    const there = await readdir(join(files, 'arrived')).catch((): string[] => []);
    return there.filter((name) => name.startsWith('.waybill-transfer-')).length;
  };
  await expect.poll(underWay).toBeGreaterThan(40);
  const results = await Promise.all(handles.map((handle) => handle.result()));
  expect(results.filter(({outcome}) => outcome !== 'succeeded')).toEqual([]);
  expect(await digests(join(files, 'arrived'))).toEqual(await digests(join(files, 'hundred')));
  expect(await underWay()).toBe(0);
  expect(await readdir(join(stack.storeRoot, 'claims'))).toEqual([]);
});
