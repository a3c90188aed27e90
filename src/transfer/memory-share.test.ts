import {readFile, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {Worker} from 'node:worker_threads';
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import {WaybillError} from '../contracts/errors.js';
import {intercepted} from '../stores/decorators/intercepted.js';
import {withProperties} from '../stores/decorators/limited.js';
import type {Store} from '../stores/store.js';
import {SHARED_BYTES} from './memory-share.js';
import {moveSegment, type MoveSegmentOptions} from './move-segment.js';
import {PARTS_BYTES} from './part-memory.js';
import {PARTIALS, TwoStores} from './testing/two-stores.js';

const MEBIBYTE = 1024 * 1024;
const FILES = 40;
const FILE_BYTES = 12 * MEBIBYTE;

let stores: TwoStores;
beforeEach(async () => {
  stores = await TwoStores.create();
});
afterEach(() => stores[Symbol.asyncDispose]());

/** One transfer of one large file. */
async function transfer(index: number, {from, to}: Pick<MoveSegmentOptions, 'from' | 'to'>): Promise<string[]> {
  const name = `f${index}`;
  await writeFile(join(stores.source, name), `the file ${name}`);
  await truncate(join(stores.source, name), FILE_BYTES);
  const {outcomes} = await moveSegment({
    ...{from, fromRoot: '', to, toRoot: '', partials: PARTIALS, owner: name, files: [await stores.plan(name)]},
    ...{ifExists: 'replace', signal: new AbortController().signal},
  });
  return outcomes.map(({outcome}) => outcome);
}

const lost = () => new WaybillError('ssh.connection-lost', 'The line is gone.');

/** Both stores, over a slow line, and the most that was read and not acknowledged of all files together. */
function watched(to: Store, refused?: 'source.read' | 'partial.write') {
  const seen = {heldBytes: 0, mostBytes: 0};
  const from = intercepted(stores.from, async (call, proceed) => {
    const answer = await proceed();
    if (call.method === refused) throw lost();
    if (call.method !== 'source.read' || !(answer instanceof Uint8Array)) return answer;
    seen.mostBytes = Math.max(seen.mostBytes, (seen.heldBytes += answer.length));
    return answer;
  });
  const slow = intercepted(to, async (call, proceed) => {
    if (call.method !== 'partial.write' || call.path.endsWith('.ledger')) return await proceed();
    await delay(5);
    try {
      if (call.method === refused) throw lost();
      return await proceed();
    } finally {
      seen.heldBytes -= call.content?.length ?? 0;
    }
  });
  return {from, to: slow, seen};
}

const together = (work: (index: number) => Promise<string[]>) =>
  Promise.allSettled(Array.from({length: FILES}, (_, index) => work(index)));

it('forty transfers at once hold little more than the memory that all of them share', async () => {
  const {seen, ...both} = watched(stores.to);
  await arrive(both);
  expect(seen.heldBytes).toBe(0);
  expect(seen.mostBytes).toBeLessThan(2 * SHARED_BYTES);
  for (let index = 0; index < FILES; index++) {
    const sent = await readFile(join(stores.source, `f${index}`));
    expect((await stores.arrived(`f${index}`))?.equals(sent)).toBe(true);
  }
});

/** A store that takes whole parts, as S3 does. */
function inParts(store: Store): Store {
  return withProperties(store, {partialWrites: 'parts', partBytes: () => 8 * MEBIBYTE});
}

it('forty uploads at once hold no more parts than the memory for parts has', async () => {
  const {seen, ...both} = watched(inParts(stores.to));
  await arrive(both);
  expect(seen.heldBytes).toBe(0);
  expect(seen.mostBytes).toBeLessThanOrEqual(PARTS_BYTES);
});

async function arrive({from, to}: Pick<MoveSegmentOptions, 'from' | 'to'>): Promise<void> {
  for (const result of await together((index) => transfer(index, {from, to}))) {
    expect(result).toEqual({status: 'fulfilled', value: ['copied']});
  }
}

it.each(['source.read', 'partial.write'] as const)(
  'uploads that all fail at once in %s give back what they hold, and others go on',
  async (method) => {
    const failing = watched(inParts(stores.to), method);
    for (const result of await together((index) => transfer(index, failing))) {
      expect(result).toMatchObject({status: 'rejected', reason: {code: 'ssh.connection-lost'}});
    }
    const {seen, ...both} = watched(inParts(stores.to));
    await arrive(both);
    expect(seen.mostBytes).toBeLessThanOrEqual(PARTS_BYTES);
  },
);

it('uploads whose hashing thread dies wait for none of its blocks', async () => {
  const asked = vi.spyOn(Worker.prototype, 'postMessage');
  asked.mockImplementation(function (this: Worker) {
    asked.mockRestore();
    void this.terminate();
  });
  const both = {from: stores.from, to: inParts(stores.to)};
  for (const result of await together((index) => transfer(index, both))) {
    // Those whose first part was there already are resumed.
    expect(result).toMatchObject({status: 'fulfilled', value: [expect.stringMatching(/^(copied|resumed)$/)]});
  }
});
