import {createHash, randomBytes} from 'node:crypto';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {Store} from '../../src/stores/store.js';
import {moveSegment} from '../../src/transfer/move-segment.js';
import {planTree} from '../../src/transfer/plan-tree.js';
import type {PlannedFile} from '../../src/transfer/planned-file.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';

const FILE_BYTES = 40 * 1024 * 1024;

let sshd: Sshd;
let line: Toxiproxy;
let root = '';
let pool: SshPool;
let local: Store;
let remote: Store;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-long-line-'));
  for (const side of ['here', 'there']) await mkdir(join(root, side, 'partials'), {recursive: true});
  line = await startToxiproxy(sshd.port);
  pool = new SshPool(endpointOf(sshd, {port: line.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`}));
  local = openLocalStore({name: 'local', root: join(root, 'here')});
  remote = openSshStore({name: 'lab', pool, root: join(root, 'there')});
});
afterEach(async () => {
  await Promise.all([local.close(), remote.close()]);
  await pool.close();
  await line.close();
  await rm(root, {recursive: true, force: true});
});

/** Moves everything from one side to the other, and answers the most connections that were open meanwhile. */
async function move(from: Store, to: Store): Promise<number> {
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
      most = Math.max(most, pool.status().connections);
    },
  });
  expect(outcomes).toMatchObject([{outcome: 'copied', verified: 'sha256', size: FILE_BYTES}]);
  return most;
}

async function corpusOn(side: string): Promise<string> {
  const content = randomBytes(FILE_BYTES);
  await mkdir(join(root, side, 'corpus'));
  await writeFile(join(root, side, 'corpus/large'), content);
  return createHash('sha256').update(content).digest('hex');
}

async function movedTo(side: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(root, side, 'moved/large')))
    .digest('hex');
}

test('a large file goes over several connections each way where the line is long', async () => {
  await line.latency(20);
  // Of each connection: slow enough that the others are there before the file is over.
  await line.bandwidth(6 * 1024);
  const sent = await corpusOn('here');
  expect(await move(local, remote)).toBe(4);
  expect(await movedTo('there')).toBe(sent);
  await rm(join(root, 'here/corpus'), {recursive: true});
  const held = await corpusOn('there');
  expect(await move(remote, local)).toBe(4);
  expect(await movedTo('here')).toBe(held);
});

test('a short line is left with the connections that it had', async () => {
  const sent = await corpusOn('here');
  for (let look = 0; look < 20; look += 1) await remote.stat('partials');
  expect(await move(local, remote)).toBeLessThanOrEqual(2);
  expect(await movedTo('there')).toBe(sent);
});

test('a file that was held over several connections can be closed while they break', async () => {
  await line.latency(20);
  await remote.stat('partials');
  const partial = await remote.openPartial({path: 'partials/p', size: FILE_BYTES});
  while (pool.status().connections < 4) await setTimeout(20);
  await partial.write(0, Buffer.alloc(1024));
  await line.silence(300);
  await partial.close();
});
