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
  {it: 'keeps a relative name', files: ['here/d/a.txt'], run: ['cat', 'd/a.txt'], sends: ['d/a.txt <- here/d/a.txt']},
  {it: 'keeps ./ as it is written', files: ['here/a'], run: ['cat', './a'], sends: ['a <- here/a']},
  {it: 'sends --flag=path', files: ['here/a'], run: ['x', '--in=a'], sends: ['a <- here/a']},
  {
    it: 'maps ..',
    files: ['a.txt'],
    run: ['cat', '../a.txt'],
    command: ['cat', 'inputs/a.txt'],
    sends: ['inputs/a.txt <- a.txt'],
  },
  {
    it: 'maps an absolute path',
    files: ['o/a'],
    run: ['cat', 'ROOT/o/a'],
    command: ['cat', 'inputs/a'],
    sends: ['inputs/a <- o/a'],
  },
  {
    it: 'maps --flag=/absolute',
    files: ['o/a'],
    run: ['x', '--in=ROOT/o/a'],
    command: ['x', '--in=inputs/a'],
    sends: ['inputs/a <- o/a'],
  },
  {
    it: 'numbers two files of one name',
    files: ['o/a.txt', 'p/a.txt'],
    run: ['cat', '../o/a.txt', 'ROOT/p/a.txt'],
    command: ['cat', 'inputs/a.txt', 'inputs/a-2.txt'],
    sends: ['inputs/a.txt <- o/a.txt', 'inputs/a-2.txt <- p/a.txt'],
  },
  {
    it: 'numbers mapped names that differ by case only',
    files: ['o/A', 'p/a'],
    run: ['cat', '../o/A', '../p/a'],
    command: ['cat', 'inputs/A', 'inputs/a-2'],
    sends: ['inputs/A <- o/A', 'inputs/a-2 <- p/a'],
  },
  {
    it: 'keeps relative names that differ by case only',
    files: ['here/A', 'here/a'],
    run: ['cat', 'A', 'a'],
    sends: ['A <- here/A', 'a <- here/a'],
  },
  {
    it: 'gives way to a relative name that comes later',
    files: ['o/a', 'here/inputs/a'],
    run: ['cat', '../o/a', 'inputs/a'],
    command: ['cat', 'inputs/a-2', 'inputs/a'],
    sends: ['inputs/a <- here/inputs/a', 'inputs/a-2 <- o/a'],
  },
  {
    it: 'gives way to a file called inputs',
    files: ['o/a', 'here/inputs'],
    run: ['cat', 'inputs', '../o/a'],
    command: ['cat', 'inputs', 'inputs-2/a'],
    sends: ['inputs <- here/inputs', 'inputs-2/a <- o/a'],
  },
  {
    it: 'sends the same file once',
    files: ['here/a'],
    run: ['cat', 'ROOT/here/a', 'a', './a', '../here/a'],
    command: ['cat', 'a', 'a', './a', 'a'],
    sends: ['a <- here/a'],
  },
  {
    it: 'follows a link and keeps its name',
    files: ['o/blob', 'here/l.csv|->../o/blob'],
    run: ['cat', 'l.csv'],
    sends: ['l.csv <- o/blob'],
  },
  {it: 'leaves a link in a circle alone', files: ['here/l|->l'], run: ['cat', 'l'], sends: []},
  {it: 'leaves flags alone', files: ['here/-x'], run: ['cat', '-x'], sends: []},
  {it: 'takes ./-x for a file', files: ['here/-x'], run: ['cat', './-x'], sends: ['-x <- here/-x']},
  {it: 'takes -x after -- for a file', files: ['here/-x'], run: ['cat', '--', '-x'], sends: ['-x <- here/-x']},
  {it: 'leaves - and the empty argument alone', files: ['here/-'], run: ['cat', '-', '', '--in='], sends: []},
  {it: 'leaves a NUL to others', files: [], run: ['cat', 'a\0b'], sends: []},
  {it: 'leaves what is no path alone', files: [], run: ['cat', `${long}l`, 'no such', '$(id)'], sends: []},
  {it: 'leaves a device alone', files: [], run: ['cat', '/dev/null'], sends: []},
  ...[' a b ', `'"`, 'a\nb', '$(id)', 'a\\b', 'a\tb', '*', 'a=b', 'é', 'e\u0301', long].map(
    (name): FoundCase => ({
      it: `carries ${JSON.stringify(name).slice(0, 20)}`,
      files: [`here/${name}`],
      run: ['cat', name],
      sends: [`${name} <- here/${name}`],
    }),
  ),
  {it: 'warns of a directory', files: ['here/d/a'], run: ['ls', 'd'], sends: [], warns: /directory "d" is not sent/},
  {
    it: 'warns of a directory of which one file is sent',
    files: ['here/d/a'],
    run: ['x', 'd', 'd/a'],
    sends: ['d/a <- here/d/a'],
    warns: /"d"/,
  },
  {it: 'sends key=path', files: ['here/t.csv'], run: ['x', 'data=t.csv'], sends: ['t.csv <- here/t.csv']},
  {
    it: 'maps key=../path, and what a flag is no flag of',
    files: ['t.csv', 'o/u'],
    run: ['dd', 'if=../t.csv', 'of=out', '--', 'in.put-2=ROOT/o/u'],
    command: ['dd', 'if=inputs/t.csv', 'of=out', '--', 'in.put-2=inputs/u'],
    sends: ['inputs/t.csv <- t.csv', 'inputs/u <- o/u'],
  },
  {
    it: 'takes an argument with = for a file of that name first',
    files: ['here/a=b', 'here/b'],
    run: ['cat', 'a=b'],
    sends: ['a=b <- here/a=b'],
  },
  {
    it: 'leaves key=path of the system and key=directory as they are',
    files: ['here/d/x'],
    run: ['env', 'SHELL=/bin/sh', 'HOME=d', '1+1=2', 'x', 'y='],
    sends: [],
  },
];

it.each(cases)('$it', (found) => place.expectFound(found));

it('looks through a hundred arguments within 100 ms', async () => {
  const names = Array.from({length: 100}, (_, index) => `data ${index}.csv`);
  await place.make(...names.map((name) => `here/${name}`));
  const times: number[] = [];
  // The best of twenty: what else the machine does is not what is asked about.
  for (let round = 0; round < 20; round += 1) {
    const begun = performance.now();
    const {inputs} = await findInputs(['cat', ...names], {cwd: place.cwd, explicit: []});
    times.push(performance.now() - begun);
    expect(inputs).toHaveLength(100);
  }
  expect(Math.min(...times)).toBeLessThan(100);
});
