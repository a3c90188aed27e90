import {execFile} from 'node:child_process';
import {link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {quote} from '../../ssh/quote.js';
import {findDialect, type ShellDialect} from './shell-dialect.js';
import {listingCommand, parseListing} from './shell-listing.js';
import {ANOTHER_FILE, openCommand, renameCommand, replaceCommand, writeCommand} from './shell-names.js';

interface Ran {
  readonly status: number;
  readonly said: string;
}

/** Runs a script in the shell of this machine, which has the names `f` and `t` in `directory`. */
function sh(script: string, directory: string, input = ''): Promise<Ran> {
  const [f, t] = [quote(join(directory, 'f')), quote(join(directory, 't'))];
  return new Promise((resolve) => {
    const child = execFile('/bin/sh', ['-c', `f=${f}; t=${t}\n${script}`], (error, stdout, stderr) => {
      resolve({status: error === null ? 0 : Number(error.code), said: stdout + stderr});
    });
    // A script may end before it has read.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

let dialect: ShellDialect;
let directory = '';
beforeAll(async () => {
  dialect = await findDialect({ask: async (script) => (await sh(script, '/')).said.split('\n')}, 'here');
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-shell-'));
});
afterEach(() => rm(directory, {recursive: true}));

const at = (name: string): string => join(directory, name);
const identityOfF = async (): Promise<string> => (await sh(`${dialect.identity} "$f"`, directory)).said.trim();

describe('a file that another attempt publishes meanwhile', () => {
  test('is not made again where it is opened', async () => {
    await writeFile(at('f'), 'unfinished');
    const vanishing = {...dialect, stat: 'vanish'};
    const {status} = await sh(`vanish() { echo found; rm "$f"; }; ${openCommand(vanishing, true)}`, directory);
    expect(status).not.toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });

  test('is not made again where it is written', async () => {
    const {status} = await sh(writeCommand(dialect, '1:1', 0), directory, 'late');
    expect(status).not.toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });

  test('is not written where another one has its name, and its inode', async () => {
    await writeFile(at('f'), 'unfinished');
    const identity = await identityOfF();
    await rm(at('f'));
    await writeFile(at('f'), 'of another');
    expect((await sh(writeCommand(dialect, identity, 0), directory, 'late')).status).toBe(ANOTHER_FILE);
    expect(await readFile(at('f'), 'utf8')).toBe('of another');
  });
});

test.each([
  ['while it is written gets back the time that it was published with', 1_600_000_000, ANOTHER_FILE],
  ['and whose time nobody knows is written, as before', undefined, 0],
])('a file that is published %s', async (_, publishedTime, status) => {
  await writeFile(at('f'), '0123456789');
  const identity = await identityOfF();
  // Between the look and the first byte: the file has another name, and the time that it is to have.
  const publish = 'dd() { mv "$f" "$t"; TZ=UTC0 touch -t 202009131226.40 "$t"; command dd "$@"; }';
  const write = writeCommand(dialect, identity, 3, publishedTime);
  expect((await sh(`${publish}; ${write}`, directory, 'abc')).status).toBe(status);
  expect(await readFile(at('t'), 'utf8')).toBe('012abc6789');
  const {mtimeMs} = await stat(at('t'));
  expect(mtimeMs === 1_600_000_000_000).toBe(publishedTime !== undefined);
});

test('what is written in the middle leaves what lies around it', async () => {
  await writeFile(at('f'), '0123456789');
  expect(await sh(writeCommand(dialect, await identityOfF(), 3), directory, 'abc')).toEqual({status: 0, said: ''});
  expect(await readFile(at('f'), 'utf8')).toBe('012abc6789');
});

describe('a new name', () => {
  const rename = () => sh(renameCommand(dialect), directory);

  test('is taken where nobody has it', async () => {
    await writeFile(at('f'), 'content');
    expect(await rename()).toEqual({status: 0, said: ''});
    expect(await readdir(directory)).toEqual(['t']);
  });

  test.each([
    ['a file', () => writeFile(at('t'), 'old')],
    ['a directory', () => mkdir(at('t'))],
    ['a link to nowhere', () => symlink('nowhere', at('t'))],
    ['a link to the file itself', () => symlink('f', at('t'))],
  ])('is refused where it is %s', async (_, make) => {
    await writeFile(at('f'), 'content');
    await make();
    expect(await rename()).toMatchObject({status: 1, said: 'File exists\n'});
    expect((await readdir(directory, {recursive: true})).sort()).toEqual(['f', 't']);
  });

  test('is refused where it is the old one', async () => {
    await writeFile(at('f'), 'content');
    expect(await sh(`t=$f\n${renameCommand(dialect)}`, directory)).toEqual({status: 1, said: 'File exists\n'});
    expect(await readFile(at('f'), 'utf8')).toBe('content');
  });

  test('is the only one after an attempt that died between the two', async () => {
    await writeFile(at('f'), 'content');
    await link(at('f'), at('t'));
    expect((await rename()).status).toBe(0);
    expect(await readdir(directory)).toEqual(['t']);
  });

  test('is that of a link, too, and what it points to stays', async () => {
    await writeFile(at('other'), 'content');
    await symlink('other', at('f'));
    expect((await rename()).status).toBe(0);
    expect((await readdir(directory)).sort()).toEqual(['other', 't']);
  });

  test.each([
    ['new', renameCommand],
    ['replaced', replaceCommand],
  ])('on another file system is refused, also a %s one, and nothing is copied there', async (_, command) => {
    await writeFile(at('f'), 'content');
    const apart = {...dialect, device: 'apart', exactLink: '--no-links'};
    const {status, said} = await sh(`apart() { echo 1 2; }; ${command(apart)}`, directory);
    expect([status, said]).toEqual([1, 'Invalid cross-device link\n']);
    expect(await readdir(directory)).toEqual(['f']);
  });
});

test('names of a listing may look like its lines', async () => {
  const names = ['plain', 'two\nlines', '81a4 0 0 0 0:0 0:0 .', '-n'];
  await mkdir(at('f'));
  for (const name of names) await writeFile(at(join('f', name)), 'x');
  const {status, said} = await sh(listingCommand(dialect), directory);
  expect(status).toBe(0);
  const found = parseListing(said).map(({filename, attrs}) => [filename, attrs.size]);
  expect(found.sort()).toEqual(names.map((name) => [name, 1]).sort());
});
