import {mkdir, mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {isWaybillError} from '../../contracts/errors.js';
import {findBatch} from './find-batch.js';

let root: string;
let cwd: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'batch-')));
  cwd = join(root, 'here');
  await mkdir(cwd);
});
afterEach(() => rm(root, {recursive: true, force: true}));

async function make(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(root, name)), {recursive: true});
    await writeFile(join(root, name), name);
  }
}

it('names each file below the fixed part of the pattern, and sends the rest of the command with each', async () => {
  await make('here/data/a.txt', 'here/data/sub/b.txt', 'here/data/c.csv', 'here/tool.sh', 'here/rules');
  const found = await findBatch(['./tool.sh', '--rules=rules', '{}'], 'data/**/*.txt', {cwd, explicit: []});
  expect(found.command).toEqual(['sh', 'tool.sh', '--rules=rules', '{}']);
  expect(found.inputs.map(({name}) => name).sort()).toEqual(['rules', 'tool.sh']);
  expect(found.files).toEqual([
    {path: join(cwd, 'data/a.txt'), name: 'data/a.txt', input: 'a.txt', size: 15},
    {path: join(cwd, 'data/sub/b.txt'), name: 'data/sub/b.txt', input: 'sub/b.txt', size: 19},
  ]);
});

it('gives files from elsewhere a name in the workspace, each another', async () => {
  await make('in/a/x.txt', 'in/b/x.txt', 'here/x');
  const found = await findBatch(['cat', '{}'], join(root, 'in/*/x.txt'), {cwd, explicit: []});
  expect(found.files.map(({input, name}) => [input, name])).toEqual([
    ['a/x.txt', 'inputs/x.txt'],
    ['b/x.txt', 'inputs/x-2.txt'],
  ]);
  const above = await findBatch(['cat', '{}'], '../in/{a,b}/*.txt', {cwd, explicit: []});
  expect(above.files.map(({input}) => input)).toEqual(['a/x.txt', 'b/x.txt']);
});

it('knows the name of a file that is sent with every execution', async () => {
  await make('here/a.txt', 'here/b.txt');
  const found = await findBatch(['cat', '{}'], '*.txt', {cwd, explicit: [], workdir: cwd});
  expect(found.files.map(({name}) => name)).toEqual(['a.txt', 'b.txt']);
  expect(found.inputs.map(({name}) => name)).toEqual(['a.txt', 'b.txt']);
});

it.each([
  ['here/a.txt', 'a.txt', 'input.invalid', /expanded by the shell/, "--batch '*.txt'"],
  ['here/d/a[1].txt', 'd/a[1].txt', 'input.invalid', /expanded by the shell/, "--batch 'd/*.txt'"],
  ['here/d/a.txt', 'd', 'input.invalid', /is a directory/, "--batch 'd/*'"],
  ['here/a.txt', 'none', 'store.not-found', /it is no pattern/, "--batch 'data/*.txt'"],
  ['here/a.txt', '*.csv', 'store.not-found', /No file matches/, 'spelling'],
  ['here/a.txt', '', 'store.not-found', /it is no pattern/, 'quotes'],
])('with %s there, %j is %s', async (name, pattern, code, message, remedy) => {
  await make(name);
  const refused = findBatch(['cat', '{}'], pattern, {cwd, explicit: []});
  const error: unknown = await refused.catch((thrown: unknown) => thrown);
  if (!isWaybillError(error)) throw new Error('was not refused', {cause: error});
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.remedy).toContain(remedy);
});

it('refuses a command that the file is never named to', async () => {
  await make('here/a.txt');
  await expect(findBatch(['cat'], '*.txt', {cwd, explicit: []})).rejects.toThrow('no argument of the command holds {}');
});
