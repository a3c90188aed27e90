import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {Store} from '../store.js';
import {openLocalStore} from './store.js';

let root: string;
let store: Store;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-read-files-'));
  store = openLocalStore({name: 'local', root});
  await mkdir(join(root, 'd'));
  await writeFile(join(root, 'd/a'), 'content of a');
  await writeFile(join(root, 'empty'), '');
  await writeFile(join(root, 'long'), 'x'.repeat(1000));
  await symlink('d/a', join(root, 'link'));
  await symlink('/etc', join(root, 'away'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
});
afterAll(async () => {
  await store.close();
  await rm(root, {recursive: true});
});

it('reads each as it would be read alone, and fails those alone that fail', async () => {
  const names = ['d/a', 'empty', 'missing', 'long', 'link', 'pipe', 'd', 'away/passwd'];
  const sizes = [12, 0, 5, 10, 12, 0, 0, 100];
  const read = await store.readFiles?.(names.map((path, index) => ({path, size: sizes[index] ?? 0})));
  const seen = read?.map((file) =>
    file.outcome === 'read' ? [Buffer.from(file.content).toString(), file.changed] : file.error,
  );
  expect(seen).toMatchObject([
    ['content of a', false],
    ['', false],
    {code: 'store.not-found', path: 'missing'},
    // No more than was asked for; the entry tells that there is more.
    ['x'.repeat(10), false],
    {code: 'source.special-file'},
    {code: 'source.special-file'},
    {code: 'source.special-file'},
    {code: 'name.outside-root'},
  ]);
  for (const [index, file] of (read ?? []).entries()) {
    if (file.outcome !== 'read') continue;
    const source = await store.openSource(names[index] ?? '');
    const {owner, ...shown} = source.entry;
    expect(owner).toBeDefined();
    expect(file.entry).toEqual(shown);
    expect(file.sha256).toBe(createHash('sha256').update(file.content).digest('hex'));
    await source.close();
  }
});
