import {chmod, mkdir, rm, symlink} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {asNobody} from '../../../test/servers/as-nobody.js';
import {InputPlace} from '../../../test/client/input-place.js';
import {findInputs} from './find-inputs.js';

let place: InputPlace;
beforeEach(async () => {
  place = await InputPlace.create();
});
afterEach(() => place.remove());

it('sends directories with nothing in them, of a tree and of --workdir', async () => {
  await place.make('w/a', 'w/logs/x.log', 'w/.waybillignore|*.log\n', 'here/d/e/f/g|', 'here/d/e/h|');
  for (const path of ['w/empty/deep', 'w/.hidden/empty', 'here/d/none', 'here/alone'])
    await mkdir(join(place.root, path), {recursive: true});
  await symlink('none', join(place.cwd, 'd/l'));
  const {inputs} = await findInputs(['ls', 'd/none', 'logs', 'alone'], {
    cwd: place.cwd,
    explicit: ['d', 'alone', 'd/e/h=empty/file'],
    workdir: join(place.root, 'w'),
  });
  expect(inputs.map(({name, directory}) => (directory === true ? `${name}/` : name)).sort()).toEqual(
    ['a', 'alone/', 'd/e/f/g', 'd/e/h', 'd/l/', 'd/none/', 'empty/deep/', 'empty/file', 'logs/'].sort(),
  );
  expect(inputs.find(({name}) => name === 'logs')?.path).toBe(join(place.root, 'w/logs'));
});

it('says that the current directory is gone', async () => {
  await rm(place.cwd, {recursive: true});
  const refused = await findInputs(['true'], {cwd: place.cwd, explicit: []}).catch((error: unknown) => error);
  expect(refused).toMatchObject({code: 'store.not-found', remedy: 'Change to a directory that exists.'});
  expect(String(refused)).toContain('current directory');
});

it.each([
  ['a directory', {explicit: ['d']}, 'd/closed'],
  ['what a pattern leads to', {explicit: ['d/*/*']}, 'd/closed'],
  ['a directory of --workdir', {workdir: 'd'}, 'd/closed'],
  ['--workdir itself', {workdir: 'd/closed/in'}, 'd/closed/in'],
  ['the rules of --workdir', {workdir: 'e'}, 'e/.waybillignore'],
])(
  'says by name that %s may not be read',
  async (_, {explicit = [], workdir}: {explicit?: string[]; workdir?: string}, name) => {
    await place.make('here/d/closed/in/a', 'here/e/.waybillignore');
    await chmod(place.root, 0o755);
    await chmod(join(place.cwd, 'd/closed'), 0);
    await chmod(join(place.cwd, 'e/.waybillignore'), 0);
    const options = {cwd: place.cwd, explicit, ...(workdir === undefined ? {} : {workdir: join(place.cwd, workdir)})};
    const refused = await asNobody(() => findInputs(['true'], options)).catch((error: unknown) => error);
    expect(refused).toMatchObject({code: 'store.permission-denied', path: join(place.cwd, name)});
    expect(String(refused)).toContain(name);
  },
);
