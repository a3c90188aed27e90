import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {type FoundCase, InputPlace} from '../../../test/client/input-place.js';
import {findInputs} from './find-inputs.js';

let place: InputPlace;
beforeEach(async () => {
  place = await InputPlace.create();
});
afterEach(() => place.remove());

const cases: readonly FoundCase[] = [
  {
    it: 'sends a working directory',
    files: ['w/a', 'w/.h', 'w/.keep', 'w/o/x', 'w/B', 'w/b', 'w/.waybillignore|o/\nb\n!.keep\n'],
    run: ['cat', 'a', '../w/o/x', 'ROOT/w/a', '../w'],
    workdir: 'w',
    command: ['cat', 'a', 'o/x', 'a', '.'],
    sends: ['.keep <- w/.keep', 'B <- w/B', 'a <- w/a', 'o/x <- w/o/x'],
  },
  {
    it: 'tells two files of one name apart',
    files: ['w/a', 'here/a'],
    run: ['cat', 'a'],
    workdir: 'w',
    command: ['cat', 'inputs/a'],
    sends: ['a <- w/a', 'inputs/a <- here/a'],
    warns: /first is taken/,
  },
  {
    it: 'runs a script of the working directory',
    files: ['w/j.py'],
    run: ['j.py'],
    workdir: 'w',
    command: ['python3', 'j.py'],
    sends: ['j.py <- w/j.py'],
  },
];

it.each(cases)('$it', (found) => place.expectFound(found));

it('refuses a working directory that is a file or missing', async () => {
  await place.make('here/a');
  const refused = (name: string) =>
    findInputs(['true'], {cwd: place.cwd, explicit: [], workdir: join(place.cwd, name)});
  await expect(refused('a')).rejects.toMatchObject({code: 'store.not-a-directory'});
  await expect(refused('b')).rejects.toMatchObject({code: 'store.not-found'});
});
