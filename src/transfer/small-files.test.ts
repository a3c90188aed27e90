import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import {moveSmallFiles, type SmallFilesOptions} from './small-files.js';

let root: string;
let local: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-small-'));
  local = openLocalStore({name: 'here', root});
  await mkdir(join(root, 'from'));
  for (const name of names) await writeFile(join(root, 'from', name), name);
});
afterEach(async () => {
  await local.close();
  await rm(root, {recursive: true});
});

const names = Array.from({length: 12}, (_, index) => `file ${index}`);
const group = names.map((name) => ({name, kind: 'file', size: name.length, mode: 0o644, modifiedAt: 0}) as const);

/** Delays what it wraps, and counts how much of it is under way at once. */
class Overlap {
  most = 0;
  #underWay = 0;

  async delayed(): Promise<void> {
    this.most = Math.max(this.most, (this.#underWay += 1));
    await sleep(50);
    this.#underWay -= 1;
  }
}

async function move(more: Pick<SmallFilesOptions, 'ifExists'> & Partial<SmallFilesOptions>): Promise<string[]> {
  const outcomes = await moveSmallFiles(group, {
    ...{from: local, fromRoot: 'from', to: local, toRoot: 'to', partials: 'partials', owner: 'one'},
    ...{signal: new AbortController().signal, fence: () => undefined, onSent: () => undefined},
    ...more,
  });
  return outcomes.map(({outcome}) => outcome);
}

test('proofs by the source of files that were read together overlap', async () => {
  const overlap = new Overlap();
  const hash: Store['hash'] = async (path, options) => {
    await overlap.delayed();
    return await local.hash?.(path, options);
  };
  expect(await move({from: {...local, hash}, ifExists: 'replace', hashSource: true})).toEqual(
    names.map(() => 'copied'),
  );
  expect(overlap.most).toBe(12);
});

test('looks at files that an attempt has sent whose end nobody knows overlap', async () => {
  expect(await move({ifExists: 'keep'})).toEqual(names.map(() => 'copied'));
  const overlap = new Overlap();
  const stat: Store['stat'] = async (path, options) => {
    await overlap.delayed();
    return await local.stat(path, options);
  };
  expect(await move({to: {...local, stat}, ifExists: 'keep'})).toEqual(names.map(() => 'skipped'));
  expect(overlap.most).toBe(12);
});
