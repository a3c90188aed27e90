import {execFile} from 'node:child_process';
import {chmod, mkdir, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {planTree, type PlanTreeOptions} from './plan-tree.js';
import type {PlannedFile, RefusedEntry} from './planned-file.js';
import {TwoStores} from './testing/two-stores.js';

let stores: TwoStores;
beforeEach(async () => {
  stores = await TwoStores.create();
});
afterEach(() => stores[Symbol.asyncDispose]());

async function plan(options: Partial<PlanTreeOptions> = {}): Promise<readonly (PlannedFile | RefusedEntry)[]> {
  const entries: (PlannedFile | RefusedEntry)[] = [];
  for await (const entry of planTree({store: stores.from, root: '', ...options})) entries.push(entry);
  return entries;
}

/** `name`, `name -> target` or `name ! code`. */
function told(entry: PlannedFile | RefusedEntry): string {
  if ('refused' in entry) return `${entry.name} ! ${entry.refused.code}`;
  return entry.linkTarget === undefined ? entry.name : `${entry.name} -> ${entry.linkTarget}`;
}

const names = async (options?: Partial<PlanTreeOptions>): Promise<readonly string[]> => (await plan(options)).map(told);

test('names come in the order of the bytes of whole names, directories before what they hold', async () => {
  for (const name of ['a/z', 'a.txt', 'a/b/c', 'a-1', 'B', 'é', '\u{1f600}', '\uffee']) await stores.put(name, name);
  // UTF-16 would put the emoji before the halfwidth circle; directory by directory, `a/b` would come before `a.txt`.
  const bytes = ['B', 'a', 'a-1', 'a.txt', 'a/b', 'a/b/c', 'a/z', 'é', '\uffee', '\u{1f600}'];
  expect(await names()).toEqual(bytes);
});

test('what an entry was when it was listed', async () => {
  await stores.put('dir/file', 'hello');
  await chmod(join(stores.source, 'dir/file'), 0o4751);
  await chmod(join(stores.source, 'dir'), 0o700);
  await symlink('file', join(stores.source, 'dir/link'));
  const [directory, file, link] = await plan();
  expect(directory).toMatchObject({name: 'dir', kind: 'directory', size: 0, mode: 0o700});
  expect(file).toMatchObject({...(await stores.plan('dir/file')), mode: 0o4751, size: 5});
  expect(link).toMatchObject({name: 'dir/link', kind: 'link', size: 0, linkTarget: 'file'});
});

test('a root below the root of the store is left out of the names', async () => {
  await stores.put('below/a/b', '');
  await stores.put('beside', '');
  expect(await names({root: 'below'})).toEqual(['a', 'a/b']);
});

test('names that are not UTF-8 and what has no content are refused, each by its name', async () => {
  await writeFile(Buffer.concat([Buffer.from(`${stores.source}/bad`), Buffer.from([0xff])]), '');
  await mkdir(Buffer.concat([Buffer.from(`${stores.source}/dir`), Buffer.from([0xfe])]));
  await promisify(execFile)('mkfifo', [join(stores.source, 'pipe')]);
  await stores.put('good', '');
  const refused = ['bad\\xff ! name.not-carried', 'dir\\xfe ! name.not-carried'];
  expect(await names()).toEqual([...refused, 'good', 'pipe ! source.special-file']);
});

const links: readonly (readonly [name: string, target: string])[] = [
  ['d/up', '../a'],
  ['d/out', '../../a'],
  ['absolute', '/etc/passwd'],
  ['loop', 'loop'],
  ['missing', 'd/none'],
  ['to-dir', './d'],
];
async function putLinks(): Promise<void> {
  await stores.put('a', 'hello');
  await mkdir(join(stores.source, 'd'));
  for (const [name, target] of links) await symlink(target, join(stores.source, name));
}

const leaving = ['absolute ! link.leaves-root', 'd/out ! link.leaves-root'] as const;

test('links that stay in the tree are kept as links, dangling ones too; others are refused', async () => {
  await putLinks();
  const [absolute, out] = leaving;
  const kept = ['d/up -> ../a', 'loop -> loop', 'missing -> d/none', 'to-dir -> ./d'];
  expect(await names()).toEqual(['a', absolute, 'd', out, ...kept]);
});

test('links that are skipped are neither carried nor refused', async () => {
  await putLinks();
  expect(await names({links: 'skip'})).toEqual(['a', 'd']);
});

test('links that are followed carry the file they name, and nothing else', async () => {
  await putLinks();
  const [absolute, out] = leaving;
  const others = ['loop ! store.unsupported', 'missing ! store.not-found', 'to-dir ! store.unsupported'];
  expect(await names({links: 'follow'})).toEqual(['a', absolute, 'd', out, 'd/up', ...others]);
  const followed = (await plan({links: 'follow'})).find(({name}) => name === 'd/up');
  expect(followed).toMatchObject({kind: 'file', size: 5});
});

test('a directory that is left out is not looked into', async () => {
  await stores.put('keep/a.txt', '');
  await stores.put('keep/b.log', '');
  await stores.put('skip/a.txt', '');
  await writeFile(Buffer.concat([Buffer.from(`${stores.source}/skip/bad`), Buffer.from([0xff])]), '');
  expect(await names({select: {exclude: ['skip', '*.log']}})).toEqual(['keep', 'keep/a.txt']);
  expect(await names({select: {exclude: ['skip'], patterns: ['*.txt']}})).toEqual(['keep/a.txt']);
});

test('a walk that is no longer wanted ends', async () => {
  await stores.put('a', '');
  await expect(plan({signal: AbortSignal.abort(new Error('enough'))})).rejects.toThrow('enough');
});
