import {mkdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {copyAcross, endedAfter, namesBelow, twoStoresWithTree} from '../testing/copied-tree.js';
import {seededBytes, sha256, TwoStores} from '../testing/two-stores.js';
import type {CopyOptions} from './copy.js';
import {copyEvents} from './event-stream.js';
import type {CopyEvent} from './events.js';

it('says what it would do in a dry run, and does nothing', async () => {
  await using stores = await twoStoresWithTree();
  const events: CopyEvent[] = [];
  const result = await copyAcross(stores, 'tree/', 'out', {dryRun: true, onEvent: (event) => events.push(event)});
  expect(result).toMatchObject({dryRun: true, counts: {files: 3, bytes: 6, sentBytes: 0}});
  expect(events.flatMap((event) => (event.event === 'planned' ? [`${event.name} ${event.would}`] : []))).toContain(
    'sub/b.log copy',
  );
  expect(await namesBelow(stores.destination)).toEqual([]);
});

it('tells every event once, in order, and every outcome with its digest', async () => {
  await using stores = await twoStoresWithTree();
  const content = seededBytes(1, 9_000_000);
  await stores.put('tree/large', content);
  const told: string[] = [];
  for await (const event of copyEvents({store: stores.from, path: 'tree/'}, {store: stores.to, path: 'out'})) {
    if (event.event === 'file-completed' && event.outcome.kind === 'file') told.push(event.outcome.name);
    else if (event.event === 'started') told.push(`started ${event.bytes}`);
    else if (event.event === 'completed') {
      const large = event.result.outcomes.find(({name}) => name === 'large');
      expect(large).toMatchObject({sha256: sha256(content), sentBytes: content.length, verified: 'sha256'});
      told.push('completed');
    }
  }
  expect(told[0]).toBe(`started ${content.length + 6}`);
  expect(told.at(-1)).toBe('completed');
  expect(new Set(told)).toEqual(new Set(['a.txt', 'completed', 'large', 'sub/b.log', 'sub/deep/c.txt', told[0]]));
  expect(await namesBelow(join(stores.destination, 'out'))).not.toContain(expect.stringContaining('.waybill'));
});

it('refuses options that are none, as an error and as the last event', async () => {
  await using stores = await twoStoresWithTree();
  const refused = {code: 'input.invalid'};
  await expect(copyAcross(stores, 'tree/', 'out', {retries: 0})).rejects.toMatchObject(refused);
  await expect(copyAcross(stores, 'tree/', 'out', {retries: 0})).rejects.toThrow('retries');
  const places = [
    {store: stores.from, path: 'tree/'},
    {store: stores.to, path: 'out'},
  ] as const;
  const told: CopyEvent[] = [];
  for await (const event of copyEvents(...places, {retries: 0})) told.push(event);
  expect(told).toMatchObject([{event: 'failed', error: refused}]);
});

it('tells once of each file that it is taken up', async () => {
  await using stores = await TwoStores.create();
  for (const name of ['a', 'b', 'c']) await stores.put(`tree/${name}`, seededBytes(name.charCodeAt(0), 60_000_000));
  const stopped = copyAcross(stores, 'tree/', 'out', {...endedAfter(90_000_000), limitRate: 150_000_000});
  await expect(stopped).rejects.toThrow('enough');
  const resumed: string[] = [];
  await copyAcross(stores, 'tree/', 'out', {
    limitRate: 60_000_000,
    onEvent: (event) => {
      if (event.event === 'resumed') resumed.push(event.name);
    },
  });
  expect(resumed.sort()).toEqual(['a', 'b', 'c']);
});

it('takes up what an interrupted copy left, and not with resume off', async () => {
  await using stores = await TwoStores.create();
  const content = seededBytes(2, 60_000_000);
  await stores.put('large', content);
  const interrupted = async (options: CopyOptions) => {
    const ending = {...endedAfter(30_000_000), limitRate: 100_000_000};
    const stopped = copyAcross(stores, 'large', 'out', {...options, ...ending});
    await expect(stopped).rejects.toThrow('enough');
    expect((await namesBelow(stores.destination)).some((name) => name.startsWith('.waybill-transfer-'))).toBe(true);
  };
  await interrupted({});
  const resumed = await copyAcross(stores, 'large', 'out');
  expect(resumed.counts).toMatchObject({resumed: 1});
  expect(resumed.counts.resumedBytes).toBeGreaterThan(8_000_000);
  await interrupted({});
  expect((await copyAcross(stores, 'large', 'out', {resume: false})).counts).toMatchObject({
    resumedBytes: 0,
    copied: 1,
  });
  expect(sha256(await readFile(join(stores.destination, 'out')))).toBe(sha256(content));
  expect((await namesBelow(stores.destination)).filter((name) => name.startsWith('.waybill'))).toEqual([]);
});

it('keeps to the rate that it was given', async () => {
  await using stores = await TwoStores.create();
  await stores.put('large', seededBytes(3, 10_000_000));
  const started = performance.now();
  await copyAcross(stores, 'large', 'out', {limitRate: 10_000_000});
  expect(performance.now() - started).toBeGreaterThan(650);
});

it('goes on after a failure, and stops at it where that is asked for', async () => {
  await using stores = await TwoStores.create();
  // Six groups: the second of the two under way cannot be through with all the others before the first fails.
  for (let file = 0; file < 1500; file++) await stores.put(`src/${String(file).padStart(4, '0')}`, 'x');
  await mkdir(join(stores.destination, 'out/0005'), {recursive: true});
  const on = await copyAcross(stores, 'src/', 'out');
  expect(on).toMatchObject({outcome: 'failed', counts: {copied: 1499, failed: 1}, failures: [{name: '0005'}]});
  await mkdir(join(stores.destination, 'fast/0005'), {recursive: true});
  const fast = await copyAcross(stores, 'src/', 'fast', {failFast: true});
  expect(fast.outcome).toBe('failed');
  expect(fast.outcomes).toHaveLength(1500);
  expect(fast.outcomes.some((file) => file.outcome === 'failed' && file.code === 'transfer.not-tried')).toBe(true);
});
