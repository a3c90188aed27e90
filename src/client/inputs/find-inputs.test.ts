import {execFileSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {asNobody} from '../../../test/servers/as-nobody.js';
import {findInputs} from './find-inputs.js';

let root: string;
let cwd: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'inputs-')));
  cwd = join(root, 'here');
  await mkdir(cwd);
});

afterEach(() => rm(root, {recursive: true, force: true}));

/** Files below `root`, and links where the content begins with `->`; `!` makes a file executable. */
async function make(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const [, name = '', content = ''] = /^([^|]*)\|?(.*)$/s.exec(file) ?? [];
    const path = join(root, name);
    await mkdir(dirname(path), {recursive: true});
    if (content.startsWith('->')) await symlink(content.slice(2).replace('ROOT', root), path);
    else await writeFile(path, content.replace(/^!/, ''));
    if (content.startsWith('!')) await chmod(path, 0o755);
  }
}

interface Case {
  readonly it: string;
  readonly files: readonly string[];
  readonly run: readonly string[];
  readonly explicit?: readonly string[];
  readonly workdir?: string;
  /** Default: as given. */
  readonly command?: readonly string[];
  /** `name <- path below root`. */
  readonly sends: readonly string[];
  readonly warns?: RegExp;
}

const long = 'l'.repeat(255);

const cases: readonly Case[] = [
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
    (name): Case => ({
      it: `carries ${JSON.stringify(name).slice(0, 20)}`,
      files: [`here/${name}`],
      run: ['cat', name],
      sends: [`${name} <- here/${name}`],
    }),
  ),
  {it: 'warns of a script that is not here', files: [], run: ['./gone.sh'], sends: [], warns: /no "\.\/gone\.sh" here/},
  {
    it: 'knows a script that gets its name by --input',
    files: ['here/a.sh'],
    run: ['./gone.sh'],
    explicit: ['a.sh=gone.sh'],
    sends: ['gone.sh <- here/a.sh'],
  },
  {it: 'warns of a directory', files: ['here/d/a'], run: ['ls', 'd'], sends: [], warns: /directory "d" is not sent/},
  {
    it: 'warns of a directory of which one file is sent',
    files: ['here/d/a'],
    run: ['x', 'd', 'd/a'],
    sends: ['d/a <- here/d/a'],
    warns: /"d"/,
  },
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
  {it: 'runs a script', files: ['here/j|!#!/bin/sh\n'], run: ['./j'], sends: ['j <- here/j']},
  {
    it: 'runs a bare script',
    files: ['here/j.py|!#!/usr/bin/env python3\n'],
    run: ['j.py'],
    command: ['./j.py'],
    sends: ['j.py <- here/j.py'],
  },
  {
    it: 'runs a script that is not executable',
    files: ['here/j|#!/usr/bin/env -S sh -e\r\n'],
    run: ['./j', '1'],
    command: ['/usr/bin/env', '-S sh -e', 'j', '1'],
    sends: ['j <- here/j'],
  },
  {
    it: 'runs by the ending',
    files: ['here/s/j.R'],
    run: ['s/j.R'],
    command: ['Rscript', 's/j.R'],
    sends: ['s/j.R <- here/s/j.R'],
  },
  {
    it: 'runs a script from elsewhere',
    files: ['o/j.sh'],
    run: ['../o/j.sh'],
    command: ['sh', 'inputs/j.sh'],
    sends: ['inputs/j.sh <- o/j.sh'],
  },
  {
    it: 'runs a script called like an option',
    files: ['here/-j.py'],
    run: ['./-j.py'],
    command: ['python3', './-j.py'],
    sends: ['-j.py <- here/-j.py'],
  },
  {
    it: 'sends a script once that is its own argument',
    files: ['here/j.py'],
    run: ['j.py', 'j.py'],
    command: ['python3', 'j.py', 'j.py'],
    sends: ['j.py <- here/j.py'],
  },
  {it: 'takes a bare name from the PATH', files: ['here/true|!ELF'], run: ['true'], sends: []},
  {
    it: 'says so where a script has the name',
    files: ['here/make|!#!/bin/sh\n'],
    run: ['make'],
    sends: [],
    warns: /\.\/make/,
  },
  {it: 'sends ./true', files: ['here/true|!ELF'], run: ['./true'], sends: ['true <- here/true']},
  {it: 'leaves a program of the system alone', files: ['o/prog|!ELF'], run: ['ROOT/o/prog'], sends: []},
  {
    it: 'leaves a script of the system to the target',
    files: [],
    run: ['/usr/bin/ldd', 'x'],
    sends: [],
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

describe('findInputs', () => {
  it('sends directories with nothing in them, of a tree and of --workdir', async () => {
    await make(['w/a', 'w/logs/x.log', 'w/.waybillignore|*.log\n', 'here/d/e/f/g|', 'here/d/e/h|']);
    for (const path of ['w/empty/deep', 'w/.hidden/empty', 'here/d/none', 'here/alone'])
      await mkdir(join(root, path), {recursive: true});
    await symlink('none', join(cwd, 'd/l'));
    const {inputs} = await findInputs(['ls', 'd/none', 'logs', 'alone'], {
      cwd,
      explicit: ['d', 'alone', 'd/e/h=empty/file'],
      workdir: join(root, 'w'),
    });
    expect(inputs.map(({name, directory}) => (directory === true ? `${name}/` : name)).sort()).toEqual(
      ['a', 'alone/', 'd/e/f/g', 'd/e/h', 'd/l/', 'd/none/', 'empty/deep/', 'empty/file', 'logs/'].sort(),
    );
    expect(inputs.find(({name}) => name === 'logs')?.path).toBe(join(root, 'w/logs'));
  });

  it('looks through a hundred arguments within 100 ms', async () => {
    const names = Array.from({length: 100}, (_, index) => `data ${index}.csv`);
    await make(names.map((name) => `here/${name}`));
    const times: number[] = [];
    // The best of three: what else the machine does is not what is asked about.
    for (let round = 0; round < 3; round += 1) {
      const begun = performance.now();
      const {inputs} = await findInputs(['cat', ...names], {cwd, explicit: []});
      times.push(performance.now() - begun);
      expect(inputs).toHaveLength(100);
    }
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it('refuses a file and a directory of one name', async () => {
    await make(['here/a']);
    await mkdir(join(cwd, 'd'));
    for (const explicit of [
      ['a=x', 'd=x'],
      ['d=x', 'a=x'],
      ['a=x', 'd=x/y'],
    ]) {
      await expect(findInputs(['true'], {cwd, explicit})).rejects.toMatchObject(collisionOf('a', 'd'));
    }
  });

  it.each(cases)('$it', async ({files, run, explicit = [], workdir, command = run, sends, warns}) => {
    await make(files);
    const found = await findInputs(
      run.map((argument) => argument.replace('ROOT', root)),
      {cwd, explicit, ...(workdir === undefined ? {} : {workdir: join(root, workdir)})},
    );
    const sent = found.inputs.map(({name, path}) => `${name} <- ${path.slice(root.length + 1)}`);
    expect(sent.sort()).toEqual([...sends].sort());
    expect(found.command).toEqual(command.map((argument) => argument.replace('ROOT', root)));
    if (warns === undefined) expect(found.warnings).toEqual([]);
    else expect(found.warnings.join('\n')).toMatch(warns);
  });

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
    await make(files);
    await expect(findInputs(['true'], {cwd, explicit: [explicit]})).rejects.toMatchObject({code});
  });

  it.each([[['a=x', 'b=x']], [['a=x', 'b=x/y']], [['b=x/y', 'a=x']]])('refuses the collision %j', async (explicit) => {
    await make(['here/a', 'here/b']);
    await expect(findInputs(['true'], {cwd, explicit})).rejects.toMatchObject(collisionOf('a', 'b'));
  });

  /** Names both. */
  const collisionOf = (...names: readonly string[]) => ({
    code: 'name.collision',
    message: expect.stringMatching(names.map((name) => `(?=.*"${join(cwd, name)}")`).join('')) as string,
  });

  it('refuses a FIFO by name, and warns of one in a tree or among the arguments', async () => {
    await make(['here/d/a']);
    execFileSync('mkfifo', [join(cwd, 'd/p')]);
    await expect(findInputs(['true'], {cwd, explicit: ['d/p']})).rejects.toMatchObject({code: 'source.special-file'});
    const found = await findInputs(['cat', 'd/p'], {cwd, explicit: ['d']});
    expect(found.inputs).toEqual([{name: 'd/a', path: join(cwd, 'd/a')}]);
    expect(found.warnings).toHaveLength(2);
  });

  it.runIf(process.platform === 'linux')('refuses a name that is not UTF-8', async () => {
    await mkdir(join(cwd, 'd'));
    await writeFile(Buffer.concat([Buffer.from(`${cwd}/d/`), Buffer.from([0xff])]), '');
    for (const explicit of ['d', 'd/*']) {
      await expect(findInputs(['true'], {cwd, explicit: [explicit]})).rejects.toMatchObject({code: 'name.not-carried'});
    }
  });

  it('says that the current directory is gone', async () => {
    await rm(cwd, {recursive: true});
    const refused = await findInputs(['true'], {cwd, explicit: []}).catch((error: unknown) => error);
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
      await make(['here/d/closed/in/a', 'here/e/.waybillignore']);
      await chmod(root, 0o755);
      await chmod(join(cwd, 'd/closed'), 0);
      await chmod(join(cwd, 'e/.waybillignore'), 0);
      const options = {cwd, explicit, ...(workdir === undefined ? {} : {workdir: join(cwd, workdir)})};
      const refused = await asNobody(() => findInputs(['true'], options)).catch((error: unknown) => error);
      expect(refused).toMatchObject({code: 'store.permission-denied', path: join(cwd, name)});
      expect(String(refused)).toContain(name);
    },
  );

  it('refuses a working directory that is a file or missing', async () => {
    await make(['here/a']);
    const refused = (name: string) => findInputs(['true'], {cwd, explicit: [], workdir: join(cwd, name)});
    await expect(refused('a')).rejects.toMatchObject({code: 'store.not-a-directory'});
    await expect(refused('b')).rejects.toMatchObject({code: 'store.not-found'});
  });
});
