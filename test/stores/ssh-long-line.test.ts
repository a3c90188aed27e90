import {createHash, randomBytes} from 'node:crypto';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {moveSegment} from '../../src/transfer/move-segment.js';
import {planTree} from '../../src/transfer/plan-tree.js';
import type {PlannedFile} from '../../src/transfer/planned-file.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {startTcpLine} from '../servers/tcp-line.js';
import {type LineEnd, openStoresOverLine, type StoresOverLine} from './stores-over-line.js';

const FILE_BYTES = 40 * 1024 * 1024;
const ASKED_BYTES = 8 * 1024 * 1024;

let sshd: Sshd;
let stores: StoresOverLine;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
beforeEach(async () => {
  stores = await openStoresOverLine(sshd);
  for (const {root} of [stores.local, stores.remote]) await mkdir(join(root, 'partials'));
});
afterEach(() => stores.close());

/** Moves everything from one end to the other, and answers the most connections that were open meanwhile. */
async function move({store: from}: LineEnd, {store: to}: LineEnd): Promise<number> {
  const files: PlannedFile[] = [];
  for await (const file of planTree({store: from, root: 'corpus'})) {
    if ('refused' in file) throw new Error(file.refused.message);
    files.push(file);
  }
  await to.makeDirectory('moved');
  let most = 0;
  const {outcomes} = await moveSegment({
    ...{from, fromRoot: 'corpus', to, toRoot: 'moved', partials: 'partials', owner: 'long-line', files},
    ...{ifExists: 'keep', signal: new AbortController().signal},
    onProgress: () => {
      most = Math.max(most, stores.pool.status().connections);
    },
  });
  expect(outcomes).toMatchObject([{outcome: 'copied', verified: 'sha256', size: FILE_BYTES}]);
  return most;
}

async function corpusAt({root}: LineEnd): Promise<string> {
  const content = randomBytes(FILE_BYTES);
  await mkdir(join(root, 'corpus'));
  await writeFile(join(root, 'corpus/large'), content);
  return createHash('sha256').update(content).digest('hex');
}

async function movedTo({root}: LineEnd): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(root, 'moved/large')))
    .digest('hex');
}

test('a large file goes over several connections each way where the line is long', async () => {
  const {local, remote, line} = stores;
  await line.latency(20);
  // Of each connection: slow enough that the others are there before the file is over.
  await line.bandwidth(6 * 1024);
  const sent = await corpusAt(local);
  expect(await move(local, remote)).toBe(4);
  expect(await movedTo(remote)).toBe(sent);
  await rm(join(local.root, 'corpus'), {recursive: true});
  const held = await corpusAt(remote);
  expect(await move(remote, local)).toBe(4);
  expect(await movedTo(local)).toBe(held);
});

test('a server sends all that was asked for, and waits for no word that it may go on', async () => {
  const sent = await corpusAt(stores.remote);
  const line = await startTcpLine(sshd.port);
  const pool = new SshPool(endpointOf(sshd, {port: line.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`}));
  const store = openSshStore({name: 'lab', pool, root: stores.remote.root, sessions: 1, longLineSessions: 1});
  const source = await store.openSource('corpus/large');
  const hash = createHash('sha256');
  for (let offset = 0; offset < FILE_BYTES; offset += ASKED_BYTES) {
    // Far less than a server may send without being told to go on.
    line.silenceAfterReceived(offset + ASKED_BYTES < FILE_BYTES ? Number.POSITIVE_INFINITY : 64 * 1024);
    hash.update(await source.read(offset, ASKED_BYTES));
  }
  expect(hash.digest('hex')).toBe(sent);
  await line.close();
  await pool.close();
});

test('a short line is left with the connections that it had', async () => {
  const {local, remote} = stores;
  const sent = await corpusAt(local);
  for (let look = 0; look < 20; look += 1) await remote.store.stat('partials');
  expect(await move(local, remote)).toBeLessThanOrEqual(2);
  expect(await movedTo(remote)).toBe(sent);
});

test('a file that was held over several connections can be closed while they break', async () => {
  const {line, pool} = stores;
  const {store: remote} = stores.remote;
  await line.latency(20);
  await remote.stat('partials');
  const partial = await remote.openPartial({path: 'partials/p', size: FILE_BYTES});
  while (pool.status().connections < 4) await setTimeout(20);
  await partial.write(0, Buffer.alloc(1024));
  await line.silence(300);
  await partial.close();
});
