import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {openLocalStore} from '../../src/stores/local/store.js';
import type {Store} from '../../src/stores/store.js';
import {makeDirectory, remove, rename} from './change.js';
import {type Place, queueOf} from './place.js';

let root: string;
let store: Store;
const {signal} = new AbortController();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-change-'));
  store = openLocalStore({name: 'disk', root});
});

afterEach(async () => {
  await store.close();
  await rm(root, {recursive: true});
});

function at(path: string, key = 'disk:/'): Place {
  return {store, path, location: `disk:/${path}`, key};
}

describe('an attempt after one that had done it already', () => {
  it('removes, makes and renames without a failure, which the first one would have', async () => {
    await expect(remove(at('gone'), {recursive: false}, false, signal)).rejects.toMatchObject({
      code: 'store.not-found',
    });
    await expect(remove(at('gone'), {recursive: false}, true, signal)).resolves.toEqual({ask: 'remove'});
    await mkdir(join(root, 'made'));
    await expect(makeDirectory(at('made'), {parents: false}, false, signal)).rejects.toMatchObject({
      code: 'store.already-exists',
    });
    await expect(makeDirectory(at('made'), {parents: false}, true, signal)).resolves.toBeDefined();
    await writeFile(join(root, 'to'), '');
    const move = (again: boolean) => rename(at('from'), at('to'), {overwrite: false, to: 'disk:/to'}, again, signal);
    await expect(move(false)).rejects.toMatchObject({code: 'store.not-found'});
    await expect(move(true)).resolves.toEqual({ask: 'rename'});
  });

  it('still keeps what it was not asked to replace', async () => {
    await writeFile(join(root, 'from'), 'from');
    await writeFile(join(root, 'to'), 'to');
    const moved = rename(at('from'), at('to'), {overwrite: false, to: 'disk:/to'}, true, signal);
    await expect(moved).rejects.toMatchObject({code: 'store.already-exists'});
    expect(await readFile(join(root, 'to'), 'utf8')).toBe('to');
    expect(await readdir(root)).toEqual(['from', 'to']);
  });
});

it('refuses a file where a directory is to be made, with parents too', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(makeDirectory(at('file'), {parents: true}, true, signal)).rejects.toMatchObject({
    code: 'store.already-exists',
  });
});

it('moves nothing onto itself, which a store that copies would remove then', async () => {
  await writeFile(join(root, 'from'), 'from');
  for (const to of ['disk:/from', 'disk:/']) {
    const moved = rename(at('from'), at(to.slice('disk:/'.length)), {overwrite: true, to}, false, signal);
    await expect(moved).rejects.toMatchObject({code: 'transfer.same-place'});
  }
  expect(await readdir(root)).toEqual(['from']);
});

it('renames only below one root', async () => {
  await writeFile(join(root, 'from'), 'from');
  const moved = rename(at('from'), at('to', 'disk:/other'), {overwrite: true, to: 'disk:/to'}, false, signal);
  await expect(moved).rejects.toMatchObject({code: 'store.unsupported'});
  expect(await readdir(root)).toEqual(['from']);
});

describe('the worker that reaches a place', () => {
  const allowed: string[] = [];
  const targets = {
    requireAllowed: (location: string) => {
      allowed.push(location);
      return {name: location, root: '/'};
    },
    taskQueue: (name: string) => ({near: undefined, far: 'q-far', other: 'q-other'})[name],
  };

  it('is the one that its target names, and one for all places', () => {
    expect(queueOf(targets, ['near:/a'])).toBeUndefined();
    expect(queueOf(targets, ['near:/a', 'far:/b', 'far:/c'])).toBe('q-far');
    expect(() => queueOf(targets, ['far:/a', 'other:/b'])).toThrow('different workers');
    expect(allowed).toContain('other:/b');
  });
});
