import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {Store} from '../../src/stores/store.js';
import {copy} from '../../src/transfer/copy/copy.js';
import {seededBytes} from '../../src/transfer/testing/two-stores.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';

const MEBIBYTE = 1024 * 1024;
const SIZES = {'large.bin': 9 * MEBIBYTE + 4321, 'middle.bin': 2 * MEBIBYTE + 17, 'small.bin': 70_000, 'tiny.bin': 0};

let sshd: Sshd;
let line: Toxiproxy;
let pool: SshPool;
let root = '';
let local: Store;
let remote: Store;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-dropping-line-'));
  line = await startToxiproxy(sshd.port);
  pool = new SshPool(endpointOf(sshd, {port: line.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`}));
  local = openLocalStore({name: 'local', root});
  remote = openSshStore({name: 'lab', pool, root});
  for (const [name, size] of Object.entries(SIZES)) await writeFile(join(root, name), seededBytes(size, size));
});
afterEach(async () => {
  await Promise.all([local.close(), remote.close()]);
  await pool.close();
  await line.close();
  await rm(root, {recursive: true, force: true});
});

// P6: a block is 8 MiB, and no connection of this line ever carries one.
test.each([
  [
    'to',
    ['large.bin', 'middle.bin', 'small.bin', 'tiny.bin'],
    () => ({from: local, to: remote, cut: () => line.cutAfterSent(MEBIBYTE)}),
  ],
  ['from', ['middle.bin', 'small.bin'], () => ({from: remote, to: local, cut: () => line.cutAfterReceived(MEBIBYTE)})],
] as const)('files arrive %s a target whose line is cut after each MiB', async (_, names, way) => {
  const {from, to, cut} = way();
  await cut();
  let attempts = 0;
  const result = await copy(
    names.map((path) => ({store: from, path})),
    {store: to, path: 'arrived/'},
    {onEvent: ({event}) => (attempts += event === 'retrying' ? 1 : 0)},
  );
  expect(result).toMatchObject({outcome: 'succeeded', counts: {files: names.length, failed: 0}});
  expect(attempts).toBeGreaterThan(1);
  for (const name of names) {
    const size = SIZES[name];
    expect((await readFile(join(root, 'arrived', name))).equals(seededBytes(size, size)), name).toBe(true);
  }
});
