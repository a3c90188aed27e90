import {randomBytes} from 'node:crypto';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {openLocalStore} from '../stores/local/store.js';
import {moveFile} from './move-file.js';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-move-'));
});
afterAll(() => rm(root, {recursive: true, force: true}));

test('copies a file of several blocks', async () => {
  const content = randomBytes(20 * 1024 * 1024 + 5);
  await mkdir(join(root, 'a'));
  await mkdir(join(root, 'b/partials'), {recursive: true});
  await writeFile(join(root, 'a/file'), content);
  const from = openLocalStore({name: 'a', root: join(root, 'a')});
  const to = openLocalStore({name: 'b', root: join(root, 'b')});
  const outcome = await moveFile({
    from,
    source: 'file',
    to,
    destination: 'x/file',
    partial: 'partials/p',
    ledger: 'partials/l',
    file: {name: 'file', kind: 'file', size: content.length, mode: 0o640, modifiedAt: 1e12},
    ifExists: 'replace',
    verify: 'hash',
    signal: new AbortController().signal,
  });
  expect(outcome).toMatchObject({outcome: 'copied', verified: 'sha256', sentBytes: content.length});
  expect((await readFile(join(root, 'b/x/file'))).equals(content)).toBe(true);
});
