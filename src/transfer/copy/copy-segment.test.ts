import {open} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import type {TransferOptionsRequest} from '../../contracts/transfer.js';
import {intercepted, type StoreCall} from '../../stores/decorators/intercepted.js';
import {BLOCK_BYTES} from '../blocks.js';
import {seededBytes, TwoStores} from '../testing/two-stores.js';
import {copy} from './copy.js';
import {filesAtOnce} from './copy-segment.js';
import type {CopyEvent} from './events.js';

const LARGE = BLOCK_BYTES + 1;

let stores: TwoStores;
beforeEach(async () => {
  stores = await TwoStores.create();
});
afterEach(() => stores[Symbol.asyncDispose]());

/** Whether a call writes content, not a ledger. */
function writes({method, path}: StoreCall): boolean {
  return method === 'partial.write' && path.endsWith('.partial');
}

it('shares files at once out among the segments, one each at least', () => {
  expect(filesAtOnce(4, 1)).toBe(4);
  expect(filesAtOnce(10, 4)).toBe(2);
  expect(filesAtOnce(1, 4)).toBe(1);
});

it.each([16_384, 65_536, 524_288])('writes in chunks of %i bytes where that was asked for', async (chunkBytes) => {
  await stores.put('large', seededBytes(1, LARGE));
  const sizes = new Set<number>();
  const to = intercepted(stores.to, (call, proceed) => {
    if (writes(call)) sizes.add(call.content?.length ?? 0);
    return proceed();
  });
  await copy({store: stores.from, path: 'large'}, {store: to, path: 'out'}, {chunkBytes});
  expect([...sizes].sort((a, b) => b - a)).toEqual([chunkBytes, 1]);
});

it.each([
  [{parallel: 1}, 1],
  [{parallel: 3}, 3],
  [{}, 4],
])('with %j moves %i large files at once', async (options: TransferOptionsRequest, expected) => {
  for (let file = 0; file < 6; file += 1) {
    await stores.put(`tree/${file}`, '');
    await using handle = await open(join(stores.source, `tree/${file}`), 'r+');
    await handle.truncate(LARGE);
  }
  const underWay = new Map<string, number>();
  let most = 0;
  const to = intercepted(stores.to, async (call, proceed) => {
    if (!writes(call)) return proceed();
    underWay.set(call.path, (underWay.get(call.path) ?? 0) + 1);
    most = Math.max(most, underWay.size);
    await new Promise((resolve) => setTimeout(resolve, 20));
    try {
      return await proceed();
    } finally {
      const left = (underWay.get(call.path) ?? 1) - 1;
      if (left > 0) underWay.set(call.path, left);
      else underWay.delete(call.path);
    }
  });
  const result = await copy({store: stores.from, path: 'tree/'}, {store: to, path: 'out'}, options);
  expect(result.counts).toMatchObject({copied: 6, failed: 0});
  expect(most).toBe(expected);
});

it('ends an attempt after the silence that was given, and the copy after the attempts that were given', async () => {
  await stores.put('large', seededBytes(2, LARGE));
  let attempts = 0;
  const to = intercepted(stores.to, (call, proceed) => {
    if (writes(call)) return new Promise<never>(() => undefined);
    if (call.method === 'openPartial' && call.path.endsWith('.partial')) attempts += 1;
    return proceed();
  });
  for (const retries of [1, 2]) {
    attempts = 0;
    const options = {stallTimeoutMs: 200, retries};
    const copying = copy({store: stores.from, path: 'large'}, {store: to, path: 'out'}, options);
    await expect(copying).rejects.toMatchObject({code: 'transfer.no-progress'});
    expect(attempts).toBe(retries);
  }
  expect(await stores.arrived('out')).toBeUndefined();
});

it('ends an attempt whose source falls silent', async () => {
  await stores.put('large', seededBytes(2, LARGE));
  await stores.put('small', 'small');
  const from = intercepted(stores.from, (call, proceed) =>
    call.method === 'source.read' ? new Promise<never>(() => undefined) : proceed(),
  );
  for (const path of ['large', 'small']) {
    const copying = copy({store: from, path}, {store: stores.to, path: 'out'}, {stallTimeoutMs: 200, retries: 1});
    await expect(copying).rejects.toMatchObject({code: 'transfer.no-progress'});
  }
  expect(await stores.arrived('out')).toBeUndefined();
});

it('moves one file at a time where that was asked for, small ones in groups', async () => {
  const count = 300;
  for (let file = 0; file < count; file += 1) await stores.put(`tree/${file}`, `${file}`);
  await stores.put('tree/large', seededBytes(5, LARGE));
  const most = async (options: TransferOptionsRequest): Promise<number> => {
    const underWay: string[] = [];
    let reached = 0;
    const to = intercepted(stores.to, async (call, proceed) => {
      if (call.method !== 'putFiles' && !writes(call)) return proceed();
      underWay.push(call.path);
      reached = Math.max(reached, new Set(underWay).size);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return await proceed().finally(() => underWay.splice(underWay.indexOf(call.path), 1));
    });
    const from = {store: stores.from, path: 'tree/'};
    const {counts} = await copy(from, {store: to, path: 'out'}, {...options, chunkBytes: 16_777_216});
    expect(counts).toMatchObject({copied: count + 1, failed: 0});
    return reached;
  };
  expect(await most({parallel: 1})).toBe(1);
  expect(await most({})).toBeGreaterThan(1);
});

it('tells every second that it is at work, also while a group of small files is on its way', async () => {
  for (const name of ['a', 'b']) await stores.put(`tree/${name}`, name);
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method === 'putFiles') await new Promise((resolve) => setTimeout(resolve, 3_300));
    return proceed();
  });
  const told: number[] = [];
  const onEvent = ({event}: CopyEvent): void => {
    if (event === 'progress') told.push(performance.now());
  };
  await copy({store: stores.from, path: 'tree/'}, {store: to, path: 'out'}, {onEvent});
  const gaps = told.slice(1).map((at, index) => at - (told[index] ?? 0));
  expect(told.length).toBeGreaterThanOrEqual(4);
  expect(Math.max(...gaps)).toBeLessThan(2_900);
});

it('ends with what its listener throws, also while nothing is settled', async () => {
  await stores.put('small', 'small');
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method === 'putFiles') await new Promise((resolve) => setTimeout(resolve, 1_500));
    return proceed();
  });
  let told = 0;
  const onEvent = ({event}: CopyEvent): void => {
    if (event === 'progress' && ++told === 1) throw new Error('the listener is full');
  };
  const copying = copy({store: stores.from, path: 'small'}, {store: to, path: 'out'}, {onEvent});
  await expect(copying).rejects.toThrow('the listener is full');
  expect(told).toBeGreaterThan(1);
});

it('tells how far it is at least once a second', async () => {
  await stores.put('large', seededBytes(3, LARGE));
  let told = 0;
  const begun = performance.now();
  await copy(
    {store: stores.from, path: 'large'},
    {store: stores.to, path: 'out'},
    {
      limitRate: 2_500_000,
      onEvent: ({event}) => (told += event === 'progress' ? 1 : 0),
    },
  );
  const seconds = (performance.now() - begun) / 1_000;
  expect(seconds).toBeGreaterThan(3);
  // At the beginning, at the end, and once for each second between them.
  expect(told).toBeGreaterThanOrEqual(5);
});

it.each([
  ['hash', 'copied', 'sha256'],
  ['size', 'unverified', 'size-only'],
  ['none', 'unverified', 'not-checked'],
] as const)('claims with verify %s that a large file is %s, %s', async (verify, outcome, verified) => {
  await stores.put('large', seededBytes(4, LARGE));
  const result = await copy({store: stores.from, path: 'large'}, {store: stores.to, path: 'out'}, {verify});
  expect(result.outcomes).toMatchObject([{outcome, verified}]);
});
