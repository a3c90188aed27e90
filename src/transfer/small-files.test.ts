import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import {moveSmallFiles} from './small-files.js';

let root: string;
let local: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-small-'));
  local = openLocalStore({name: 'here', root});
});
afterEach(async () => {
  await local.close();
  await rm(root, {recursive: true});
});

test('proofs by the source of files that were read together overlap', async () => {
  const names = Array.from({length: 12}, (_, index) => `file ${index}`);
  await mkdir(join(root, 'from'));
  for (const name of names) await writeFile(join(root, 'from', name), name);
  let underWay = 0;
  let most = 0;
  const hash: Store['hash'] = async (path, options) => {
    most = Math.max(most, (underWay += 1));
    await sleep(50);
    underWay -= 1;
    return await local.hash?.(path, options);
  };
  const group = names.map((name) => ({name, kind: 'file', size: name.length, mode: 0o644, modifiedAt: 0}) as const);
  const outcomes = await moveSmallFiles(group, {
    ...{from: {...local, hash}, fromRoot: 'from', to: local, toRoot: 'to', partials: 'partials', owner: 'one'},
    ...{ifExists: 'replace', hashSource: true, signal: new AbortController().signal},
    ...{fence: () => undefined, onSent: () => undefined},
  });
  expect(outcomes.map(({outcome}) => outcome)).toEqual(names.map(() => 'copied'));
  expect(most).toBe(12);
});
