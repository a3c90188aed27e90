import {createHash} from 'node:crypto';
import {mkdir, symlink, utimes, writeFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {shells, TemporaryRoot} from '../../test/execution/temporary-workspace.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import type {StagedInput} from './changed-inputs.js';
import {prepareWorkspace} from './end.js';
import {launch} from './launch.js';
import {LocalShell} from './local-shell.js';
import {missingPatterns, outputPattern} from './output-patterns.js';
import {decideOutputs} from './outputs.js';
import type {TargetShell} from './shell.js';

const root = await TemporaryRoot.create();
let store: Store;
beforeAll(() => {
  store = openLocalStore({name: 'target', root: root.root});
});
afterAll(async () => {
  await store.close();
  await root.remove();
});

const SECOND = 1_700_000_000;

/** Stages files `in/1` … with fixed contents and times, runs `script`, and decides the outputs. */
async function run(shell: TargetShell, script: string, outputs: string[] = [], required: string[] = []) {
  const workspace = root.workspace();
  await prepareWorkspace(shell, workspace);
  const staged = new Map<string, StagedInput>();
  for (const name of ['in/1', 'in/2', "in/it's \n$(x)", '.hidden-in']) {
    const path = root.path(workspace, `work/${name}`);
    await mkdir(dirname(path), {recursive: true});
    await writeFile(path, 'content');
    await utimes(path, SECOND, SECOND);
    const sha256 = createHash('sha256').update('content').digest('hex');
    staged.set(name, {kind: 'file', size: 7, modifiedAt: SECOND * 1000, sha256});
  }
  await symlink('1', root.path(workspace, 'work/in/link'));
  staged.set('in/link', {kind: 'link', size: 0, modifiedAt: 0, linkTarget: '1'});
  await mkdir(root.path(workspace, 'work/empty-in'));
  staged.set('empty-in', {kind: 'directory', size: 0, modifiedAt: 0});
  const {end} = await launch(shell, workspace, {command: ['sh', '-c', script]});
  expect(end).toEqual({outcome: 'exited', status: 0});
  const found = await decideOutputs(shell, store, workspace, {staged, outputs, required});
  return {
    names: found.entries.map((entry) => entry.name),
    kinds: found.entries.map((entry) => entry.kind),
    refused: found.refused.map(({name, refused}) => `${name} ${refused.code}`).sort(),
    missing: found.missing,
  };
}

const table: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing', 'true', []],
  ['a new file', 'echo x >new', ['new']],
  ['a hidden one, deep', 'mkdir -p .a/.b; echo x >.a/.b/.c', ['.a/.b/.c']],
  ['an empty file', ': >none', ['none']],
  ['a longer input', 'echo more >>in/1', ['in/1']],
  ['other content of the same size', 'printf CONTENT >in/1', ['in/1']],
  ['the same, with its time set back', 'touch -r in/1 ../t; printf CONTENT >in/1; touch -r ../t in/1', ['in/1']],
  ['an input that was only touched', 'touch in/1', []],
  ['an input that was rewritten as it was', 'printf content >in/2', []],
  ['an input with another mode', 'chmod 755 in/1', []],
  ['an input that was replaced by a copy', 'cp in/1 x; mv x in/1', []],
  ['a renamed input', 'mv in/1 in/3', ['in/3']],
  ['removed inputs', 'rm -r in/1 in/2 "in/it\'s \n$(printf "\\044")(x)"', []],
  ['an input that became a link', 'rm in/1; ln -s 2 in/1', ['in/1']],
  ['a link that points elsewhere', 'ln -sf 2 in/link', ['in/link']],
  ['a hard link to an input', 'ln in/1 hard', ['hard']],
  ['an empty directory', 'mkdir -p d/e; rmdir empty-in', ['d/e']],
  ['emptied directories of inputs', 'rm -r in/*; rm .hidden-in', []],
  ['a name of a shell’s nightmares', "printf x >'-n $(id) \\ \"\n'", ['-n $(id) \\ "\n']],
];

describe.each(await shells())('the outputs with %s', (_, shell) => {
  it.each(table)('of %s', async (_name, script, expected) => {
    expect(await run(shell, script)).toMatchObject({names: expected, refused: []});
  });
});

const shell = new LocalShell();

describe('the outputs', () => {
  it('keep links that stay inside and refuse by name what cannot be carried', async () => {
    const script = `mkdir d; ln -s ../in/1 d/inside; ln -s /etc/passwd absolute; ln -s ../../x d/out; ln -s d/../.. fooled
      ln -s loop loop; mkfifo pipe; printf x >"$(printf 'latin\\351')"; ln -s missing dangling`;
    const {names, kinds, refused} = await run(shell, script);
    expect(names).toEqual(['d/inside', 'dangling', 'loop']);
    expect(new Set(kinds)).toEqual(new Set(['link']));
    expect(refused).toEqual([
      'absolute link.leaves-root',
      'd/out link.leaves-root',
      'fooled link.leaves-root',
      expect.stringMatching(/^latin.* name\.not-carried$/),
      'pipe source.special-file',
    ]);
  });

  it('are narrowed by patterns, and what is demanded is kept and missed', async () => {
    const script = 'mkdir r; echo 1 >r/.a; echo 2 >b.csv; echo 3 >c.txt; echo 4 >"d[1].txt"';
    const {names, missing} = await run(shell, script, ['r/', '*.csv'], ['c.txt', 'd[1].txt', 'none/**', 'in/2']);
    expect(names).toEqual(['b.csv', 'c.txt', 'd[1].txt', 'r/.a']);
    expect(missing).toEqual(['none/**', 'in/2']);
  });

  it('of a command that removed its directory are none', async () => {
    expect(await run(shell, 'cd ..; rm -rf work')).toMatchObject({names: []});
  });
});

describe('a pattern', () => {
  it.each([
    ['*.txt', '.hidden.txt', true],
    ['*.txt', 'a/b.txt', false],
    ['**/*.txt', 'a/.b/c.txt', true],
    ['./out', 'out/x', true],
    ['out/', 'out', true],
    ['out', 'output', false],
    ['.', 'anything/at/all', true],
    ['a{1,2}', 'a2', true],
    ['[', '[', true],
  ])('%s on %s: %s', (pattern, name, expected) => {
    expect(outputPattern(pattern)(name)).toBe(expected);
  });

  it.each(['../x', '/etc/*', 'a/../../b'])('%s is refused', (pattern) => {
    expect(() => missingPatterns([pattern], ['x'])).toThrow(expect.objectContaining({code: 'input.invalid'}));
  });
});
