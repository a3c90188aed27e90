import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {InputPlace} from '../../../test/client/input-place.js';
import {isWaybillError} from '../../contracts/errors.js';
import {findBatch} from './find-batch.js';

let place: InputPlace;
beforeEach(async () => {
  place = await InputPlace.create();
});
afterEach(() => place.remove());

it('names each file below the fixed part of the pattern, and sends the rest of the command with each', async () => {
  await place.make('here/data/a.txt|one', 'here/data/sub/b.txt|three', 'here/data/c.csv', 'here/tool.sh', 'here/rules');
  const found = await findBatch(['./tool.sh', '--rules=rules', '{}'], 'data/**/*.txt', {cwd: place.cwd, explicit: []});
  expect(found.command).toEqual(['sh', 'tool.sh', '--rules=rules', '{}']);
  expect(found.inputs.map(({name}) => name).sort()).toEqual(['rules', 'tool.sh']);
  expect(found.files).toEqual([
    {path: join(place.cwd, 'data/a.txt'), name: 'data/a.txt', input: 'a.txt', size: 3},
    {path: join(place.cwd, 'data/sub/b.txt'), name: 'data/sub/b.txt', input: 'sub/b.txt', size: 5},
  ]);
});

it('gives files from elsewhere a name in the workspace, each another', async () => {
  await place.make('in/a/x.txt', 'in/b/x.txt', 'here/x');
  const found = await findBatch(['cat', '{}'], join(place.root, 'in/*/x.txt'), {cwd: place.cwd, explicit: []});
  expect(found.files.map(({input, name}) => [input, name])).toEqual([
    ['a/x.txt', 'inputs/x.txt'],
    ['b/x.txt', 'inputs/x-2.txt'],
  ]);
  const above = await findBatch(['cat', '{}'], '../in/{a,b}/*.txt', {cwd: place.cwd, explicit: []});
  expect(above.files.map(({input}) => input)).toEqual(['a/x.txt', 'b/x.txt']);
});

it('knows the name of a file that is sent with every execution', async () => {
  await place.make('here/a.txt', 'here/b.txt');
  const found = await findBatch(['cat', '{}'], '*.txt', {cwd: place.cwd, explicit: [], workdir: place.cwd});
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
  await place.make(name);
  const refused = findBatch(['cat', '{}'], pattern, {cwd: place.cwd, explicit: []});
  const error: unknown = await refused.catch((thrown: unknown) => thrown);
  if (!isWaybillError(error)) throw new Error('was not refused', {cause: error});
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.remedy).toContain(remedy);
});

it('refuses a command that the file is never named to', async () => {
  await place.make('here/a.txt');
  await expect(findBatch(['cat'], '*.txt', {cwd: place.cwd, explicit: []})).rejects.toThrow(
    'no argument of the command holds {}',
  );
});
