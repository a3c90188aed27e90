import {execFileSync} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {type FoundCase, InputPlace} from '../../../test/client/input-place.js';
import {findInputs} from './find-inputs.js';

let place: InputPlace;
beforeEach(async () => {
  place = await InputPlace.create();
});
afterEach(() => place.remove());

const long = 'l'.repeat(255);

const cases: readonly FoundCase[] = [
  {
    it: 'sends a directory on demand',
    files: ['here/d/a', 'here/d/.h'],
    run: ['ls', 'd/'],
    explicit: ['d'],
    sends: ['d/.h <- here/d/.h', 'd/a <- here/d/a'],
  },
  {
    it: 'renames a directory',
    files: ['here/d/e/a'],
    run: ['ls', 'd/e'],
    explicit: ['d=x'],
    command: ['ls', 'x/e'],
    sends: ['x/e/a <- here/d/e/a'],
  },
  {
    it: 'maps a directory',
    files: ['d/a'],
    run: ['ls', '../d', '../d/a'],
    explicit: ['../d'],
    command: ['ls', 'inputs/d', 'inputs/d/a'],
    sends: ['inputs/d/a <- d/a'],
  },
  {it: 'names an input', files: ['here/a'], run: ['cat', 'b'], explicit: ['a=b'], sends: ['b <- here/a']},
  {
    it: 'takes a path with = for itself',
    files: ['here/a=b', 'here/a'],
    run: ['true'],
    explicit: ['a=b'],
    sends: ['a=b <- here/a=b'],
  },
  {it: 'names a path with =', files: ['here/a=b'], run: ['true'], explicit: ['a=b=c'], sends: ['c <- here/a=b']},
  {
    it: 'expands a pattern',
    files: ['here/a.c', 'here/b.c', 'here/.h.c', 'here/d.c/x'],
    run: ['true'],
    explicit: ['*.c'],
    sends: ['a.c <- here/a.c', 'b.c <- here/b.c'],
  },
  {
    it: 'takes a name with * for itself',
    files: ['here/*.c', 'here/b.c'],
    run: ['true'],
    explicit: ['*.c'],
    sends: ['*.c <- here/*.c'],
  },
  {
    it: 'names the one match of a pattern',
    files: ['here/a.c'],
    run: ['true'],
    explicit: ['*.c=x'],
    sends: ['x <- here/a.c'],
  },
  {
    it: 'skips links out of a tree',
    files: ['o', 'here/d/a', 'here/d/l|->../../o'],
    run: ['true'],
    explicit: ['d'],
    sends: ['d/a <- here/d/a'],
    warns: /"l" points out/,
  },
  {
    it: 'skips links in circles in a tree',
    files: ['here/d/a', 'here/d/l|->.', 'here/d/m|->m'],
    run: ['true'],
    explicit: ['d'],
    sends: ['d/a <- here/d/a'],
    warns: /"l" leads in a circle.*"m" leads in a circle/s,
  },
  {
    it: 'follows links inside a tree',
    files: ['here/d/e/a', 'here/d/l|->e', 'here/d/m|->e/a'],
    run: ['true'],
    explicit: ['d'],
    sends: ['d/e/a <- here/d/e/a', 'd/l/a <- here/d/e/a', 'd/m <- here/d/e/a'],
  },
  {
    it: 'skips links that a pattern finds out of its place',
    files: ['o', 'here/d/a', 'here/d/l|->../../o'],
    run: ['true'],
    explicit: ['d/*'],
    sends: ['d/a <- here/d/a'],
    warns: /"d\/l" is a link out/,
  },
];

it.each(cases)('$it', (found) => place.expectFound(found));

it.each([
  ['a missing input', [], 'nothing', 'store.not-found'],
  ['a pattern without a match', [], '*.none', 'store.not-found'],
  ['an empty input', [], '', 'store.not-found'],
  ['a link in a circle', ['here/l|->l'], 'l', 'store.not-found'],
  ['a device', [], '/dev/null', 'source.special-file'],
  ['a NUL', [], 'a\0', 'name.not-carried'],
  ['a name that leaves', ['here/a'], 'a=../b', 'name.not-carried'],
  ['an absolute name', ['here/a'], 'a=/b', 'name.not-carried'],
  ['an empty name', ['here/a'], 'a=', 'name.not-carried'],
  ['a name too long', ['here/a'], `a=${long}l`, 'name.not-carried'],
  ['half a character', ['here/a'], 'a=\uD800', 'name.not-carried'],
  ['one name for two files', ['here/a.c', 'here/b.c'], '*.c=x', 'input.invalid'],
])('refuses %s', async (_, files, explicit, code) => {
  await place.make(...files);
  await expect(findInputs(['true'], {cwd: place.cwd, explicit: [explicit]})).rejects.toMatchObject({code});
});

it.each([[['a=x', 'b=x']], [['a=x', 'b=x/y']], [['b=x/y', 'a=x']]])('refuses the collision %j', async (explicit) => {
  await place.make('here/a', 'here/b');
  await expect(findInputs(['true'], {cwd: place.cwd, explicit})).rejects.toMatchObject(place.collisionOf('a', 'b'));
});

it('refuses a file and a directory of one name', async () => {
  await place.make('here/a');
  await mkdir(join(place.cwd, 'd'));
  for (const explicit of [
    ['a=x', 'd=x'],
    ['d=x', 'a=x'],
    ['a=x', 'd=x/y'],
  ]) {
    await expect(findInputs(['true'], {cwd: place.cwd, explicit})).rejects.toMatchObject(place.collisionOf('a', 'd'));
  }
});

it('refuses a FIFO by name, and warns of one in a tree or among the arguments', async () => {
  await place.make('here/d/a');
  execFileSync('mkfifo', [join(place.cwd, 'd/p')]);
  await expect(findInputs(['true'], {cwd: place.cwd, explicit: ['d/p']})).rejects.toMatchObject({
    code: 'source.special-file',
  });
  const found = await findInputs(['cat', 'd/p'], {cwd: place.cwd, explicit: ['d']});
  expect(found.inputs).toEqual([{name: 'd/a', path: join(place.cwd, 'd/a')}]);
  expect(found.warnings).toHaveLength(2);
});

it.runIf(process.platform === 'linux')('refuses a name that is not UTF-8', async () => {
  await mkdir(join(place.cwd, 'd'));
  await writeFile(Buffer.concat([Buffer.from(`${place.cwd}/d/`), Buffer.from([0xff])]), '');
  for (const explicit of ['d', 'd/*']) {
    await expect(findInputs(['true'], {cwd: place.cwd, explicit: [explicit]})).rejects.toMatchObject({
      code: 'name.not-carried',
    });
  }
});
