import {mkdir, mkdtemp, readdir, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {WaybillError} from '../../src/contracts/errors.js';
import {intercepted} from '../../src/stores/decorators/intercepted.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {sweepPartialsOfExecutions} from './sweep-partials.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-sweep-'));
});
afterEach(() => rm(root, {recursive: true}));

const key = (letter: string) => letter.repeat(40);

/** A file of this age in days, and its directory too. */
async function make(name: string, days: number): Promise<void> {
  const path = join(root, 'executions', name);
  await mkdir(dirname(path), {recursive: true});
  await writeFile(path, 'x');
  const at = Date.now() / 1000 - days * 86_400;
  await utimes(path, at, at);
  await utimes(dirname(path), at, at);
}

async function sweep(running: readonly string[] = []): Promise<readonly string[]> {
  const store = openLocalStore({name: 'store', root});
  try {
    await sweepPartialsOfExecutions(store, {
      before: Date.now() - 31 * 86_400_000,
      runs: (id) => Promise.resolve(running.includes(id)),
      signal: new AbortController().signal,
    });
  } finally {
    await store.close();
  }
  return (await readdir(root, {recursive: true})).filter((name) => /\.\w+$/.test(name)).sort();
}

it('removes old unfinished files and their ledgers, of uploads too, and the directories that held them', async () => {
  await make(`left/partials/upload/${key('a')}.partial`, 32);
  await make(`left/partials/${key('b')}.partial`, 32);
  await make(`left/partials/${key('b')}.ledger`, 32);
  await make('left/outputs/result.txt', 400);
  expect(await sweep()).toEqual(['executions/left/outputs/result.txt']);
  expect((await readdir(join(root, 'executions/left'))).sort()).toEqual(['outputs']);
});

it('leaves what is younger, what belongs to an execution that runs, and names that are not its own', async () => {
  await make(`young/partials/${key('a')}.partial`, 30);
  await make(`running/partials/${key('a')}.partial`, 60);
  await make('foreign/partials/notes.txt', 60);
  await make(`mixed/partials/${key('a')}.partial`, 2);
  await make(`mixed/partials/${key('a')}.ledger`, 60);
  const before = (await readdir(root, {recursive: true})).sort();
  await sweep(['running']);
  expect((await readdir(root, {recursive: true})).sort()).toEqual(before);
});

it('leaves what a newer version began, with its ledger, tells of it, and goes on with the rest', async () => {
  for (const letter of ['a', 'b']) {
    await make(`left/partials/${key(letter)}.ledger`, 32);
    await make(`left/partials/${key(letter)}.partial`, 32);
  }
  await make(`right/partials/${key('c')}.partial`, 32);
  const local = openLocalStore({name: 'store', root});
  const store = intercepted(local, async (call, proceed) => {
    if (call.method !== 'remove' || !call.path.endsWith(`${key('a')}.partial`)) return proceed();
    throw new WaybillError('transfer.newer-version', 'A newer Waybill began this upload.');
  });
  const left: string[] = [];
  const removed = await sweepPartialsOfExecutions(store, {
    before: Date.now() - 31 * 86_400_000,
    runs: () => Promise.resolve(false),
    onNewer: (path) => void left.push(path),
    signal: new AbortController().signal,
  });
  await local.close();
  expect(removed).toBe(3);
  expect(left).toEqual([`executions/left/partials/${key('a')}.partial`]);
  expect((await readdir(join(root, 'executions/left/partials'))).sort()).toEqual(
    ['ledger', 'partial'].map((extension) => `${key('a')}.${extension}`),
  );
});

it('goes on where an execution ends meanwhile, and takes its unfinished files with it', async () => {
  for (const name of ['ended', 'left', 'nested']) await make(`${name}/partials/upload/${key('a')}.partial`, 32);
  const local = openLocalStore({name: 'store', root});
  const ends: Record<string, string> = {
    'stat executions/ended/partials': 'executions/ended',
    'list executions/nested/partials': 'executions/nested/partials/upload',
  };
  const store = intercepted(local, async (call, proceed) => {
    const result = await proceed();
    const gone = ends[`${call.method} ${call.path}`];
    if (gone !== undefined) await rm(join(root, gone), {recursive: true, force: true});
    return result;
  });
  const removed = await sweepPartialsOfExecutions(store, {
    before: Date.now() - 31 * 86_400_000,
    runs: () => Promise.resolve(false),
    signal: new AbortController().signal,
  });
  await local.close();
  expect(removed).toBe(1);
  expect(await readdir(join(root, 'executions/left'))).toEqual([]);
});

it('has nothing to do where nothing was ever stored', async () => {
  expect(await sweep()).toEqual([]);
});
