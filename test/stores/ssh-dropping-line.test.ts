import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {copy} from '../../src/transfer/copy/copy.js';
import {seededBytes} from '../../src/transfer/testing/two-stores.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {openStoresOverLine, type StoresOverLine} from './stores-over-line.js';

const MEBIBYTE = 1024 * 1024;
const SIZES = {'large.bin': 9 * MEBIBYTE + 4321, 'middle.bin': 2 * MEBIBYTE + 17, 'small.bin': 70_000, 'tiny.bin': 0};

let sshd: Sshd;
let stores: StoresOverLine;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
beforeEach(async () => {
  stores = await openStoresOverLine(sshd);
});
afterEach(() => stores.close());

// P6: a block is 8 MiB, and no connection of this line ever carries one.
test.each([
  [
    'to',
    ['large.bin', 'middle.bin', 'small.bin', 'tiny.bin'],
    ({local, remote, line}: StoresOverLine) => ({from: local, to: remote, cut: () => line.cutAfterSent(MEBIBYTE)}),
  ],
  [
    'from',
    ['middle.bin', 'small.bin'],
    ({local, remote, line}: StoresOverLine) => ({from: remote, to: local, cut: () => line.cutAfterReceived(MEBIBYTE)}),
  ],
] as const)('files arrive %s a target whose line is cut after each MiB', async (_, names, way) => {
  const {from, to, cut} = way(stores);
  for (const name of names) await writeFile(join(from.root, name), seededBytes(SIZES[name], SIZES[name]));
  await cut();
  let attempts = 0;
  const result = await copy(
    names.map((path) => ({store: from.store, path})),
    {store: to.store, path: 'arrived/'},
    {onEvent: ({event}) => (attempts += event === 'retrying' ? 1 : 0)},
  );
  expect(result).toMatchObject({outcome: 'succeeded', counts: {files: names.length, failed: 0}});
  expect(attempts).toBeGreaterThan(1);
  for (const name of names) {
    const size = SIZES[name];
    expect((await readFile(join(to.root, 'arrived', name))).equals(seededBytes(size, size)), name).toBe(true);
  }
});
