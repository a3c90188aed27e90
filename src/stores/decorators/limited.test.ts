import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {openLocalStore} from '../local/store.js';
import type {Store} from '../store.js';
import {ByteBucket, withProperties, withRateLimit} from './limited.js';
import {StallWatch} from './unstalled.js';

describe('a byte bucket', () => {
  it('lets a quarter of a second go at once, and makes the rest wait for its turn', () => {
    const bucket = new ByteBucket(1000, 0);
    expect(bucket.take(250, 0)).toBe(0);
    expect(bucket.take(500, 0)).toBe(500);
    expect(bucket.take(100, 0)).toBe(600);
    expect(bucket.take(0, 600)).toBe(0);
  });

  it('saves nothing up beyond its burst', () => {
    const bucket = new ByteBucket(1000, 0);
    expect(bucket.take(1250, 60_000)).toBe(1000);
  });
});

it('a store that is written to slowly says what it holds already', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-limited-'));
  const store = openLocalStore({name: 'test', root: directory});
  const partial = await store.openPartial({path: 'partial', size: 5});
  const holding: Store = {...store, openPartial: async () => ({...partial, holds: (offset) => offset === 0})};
  const limited = await withRateLimit(holding, 1000).openPartial({path: 'partial', size: 5});
  expect([limited.holds?.(0, Buffer.from('a'), ''), limited.holds?.(1, Buffer.from('a'), '')]).toEqual([true, false]);
  await partial.close();
  await rm(directory, {recursive: true});
});

describe('a watched store', () => {
  let directory: string;
  let store: Store;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'waybill-watch-'));
    await writeFile(join(directory, 'file'), 'content');
    store = openLocalStore({name: 'test', root: directory});
  });

  afterEach(async () => {
    await rm(directory, {recursive: true});
  });

  it('rejects what is under way when nothing ends, and only then', async () => {
    const silent: Store = {...withProperties(store, {}), readLink: () => new Promise<string>(() => undefined)};
    const watch = new StallWatch(100);
    const watched = watch.watched(silent);
    const other = watch.watched(store);
    const call = watched.readLink('file');
    let over = false;
    call.catch(() => undefined).finally(() => (over = true));
    // Other calls that end are a sign of life.
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 15));
      await other.stat('file');
    }
    expect(over).toBe(false);
    await expect(call).rejects.toMatchObject({code: 'transfer.stalled'});
    watch.stop();
  });

  it('leaves small files to be read in one call, also at a store whose chunks are of another size', async () => {
    const watched = new StallWatch(30_000).watched(withProperties(store, {preferredChunkBytes: 5}));
    expect(await watched.readFiles?.([{path: 'file', size: 7}])).toMatchObject([{outcome: 'read', changed: false}]);
    expect(watched.properties.preferredChunkBytes).toBe(5);
  });

  it('rejects a group of small files of which no byte comes, and waits while some do', async () => {
    const watch = new StallWatch(100);
    const silent = watch.watched({...withProperties(store, {}), readFiles: () => new Promise(() => undefined)});
    await expect(silent.readFiles?.([])).rejects.toMatchObject({code: 'transfer.stalled'});
    const slow = watch.watched({
      ...withProperties(store, {}),
      readFiles: async (_files, options) => {
        for (let turn = 0; turn < 20; turn++) {
          await new Promise((resolve) => setTimeout(resolve, 15));
          options?.onBytes?.();
        }
        return [];
      },
    });
    expect(await slow.readFiles?.([])).toEqual([]);
    watch.stop();
  });
});
