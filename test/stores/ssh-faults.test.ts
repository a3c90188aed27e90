import {createHash} from 'node:crypto';
import {mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {hasCode} from '../../src/contracts/errors.js';
import {ShellDialogue} from '../../src/ssh/dialogue.js';
import type {SshEndpoint} from '../../src/ssh/endpoint.js';
import {SshPool} from '../../src/ssh/pool.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {PartialFile, Store} from '../../src/stores/store.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {startToxiproxy} from '../servers/toxiproxy.js';
import {until} from '../until.js';

const CHUNK = 256 * 1024;

let sshd: Sshd;
let root = '';
const open: {store: Store; pool: SshPool}[] = [];
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-ssh-faults-'));
});
afterEach(async () => {
  for (const {store, pool} of open.splice(0)) {
    await store.close();
    await pool.close();
  }
  await rm(root, {recursive: true, force: true});
});

function openStore(changes: Partial<SshEndpoint> = {}, server = sshd): Store {
  const pool = new SshPool(endpointOf(server, changes));
  const store = openSshStore({name: 'lab', pool, root});
  open.push({store, pool});
  return store;
}

function chunkAt(index: number): Buffer {
  return Buffer.alloc(CHUNK, index % 251);
}

/** Writes chunk after chunk until one fails, and answers how many were acknowledged and the failure. */
async function writeUntilFailure(
  partial: PartialFile,
  onWritten: () => void,
): Promise<{acknowledged: number; failure: unknown}> {
  for (let index = 0; ; index += 1) {
    try {
      await partial.write(index * CHUNK, chunkAt(index));
      onWritten();
    } catch (failure) {
      return {acknowledged: index, failure};
    }
  }
}

test('sshd killed in the middle of a write: what was acknowledged is there, and the store goes on', async () => {
  const store = openStore();
  const partial = await store.openPartial({path: 'p', size: 1000 * CHUNK});
  let written = 0;
  const writing = writeUntilFailure(partial, () => (written += 1));
  await until('some is written', () => Promise.resolve(written >= 3));
  await sshd.kill();
  const {acknowledged, failure} = await writing;
  expect(failure).toMatchObject({code: 'ssh.connection-lost', retryable: true});
  expect(acknowledged).toBeGreaterThan(0);
  await partial.close();
  await sshd.start();
  const again = await store.openPartial({path: 'p', size: 1000 * CHUNK});
  expect(again.foundBytes).toBeGreaterThanOrEqual(acknowledged * CHUNK);
  const ranges = Array.from({length: acknowledged}, (_, index) => ({offset: index * CHUNK, length: CHUNK}));
  let index = 0;
  for await (const digest of again.hash(ranges)) {
    expect(digest).toBe(createHash('sha256').update(chunkAt(index)).digest('hex'));
    index += 1;
  }
  expect(index).toBe(acknowledged);
  await again.close();
});

test('a write on its way while another attempt publishes gives the file its time back', async () => {
  const line = await startToxiproxy(sshd.port);
  try {
    const modifiedAt = 1_600_000_000_000;
    const spec = {path: 'p', size: 1000, intended: {destination: 'file', modifiedAt}};
    const winner = await openStore().openPartial(spec);
    const late = await openStore({
      ...{port: line.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`, deadAfterMs: 60_000},
    }).openPartial(spec);
    await winner.write(0, Buffer.alloc(1000, 'x'));
    // The look at the name is over the line after 1 s, its answer after 2 s, and the write itself after 3 s.
    await line.latency(1000);
    const writing = late.write(0, Buffer.alloc(1000, 'x')).catch((error: unknown) => error);
    await sleep(1300);
    const published = await winner.publish({destination: 'file', ifExists: 'replace', modifiedAt});
    expect(published.modifiedAt).toBe(modifiedAt);
    expect(await writing).toMatchObject({code: 'transfer.partial-consumed'});
    expect((await stat(join(root, 'file'))).mtimeMs).toBe(modifiedAt);
    await line.heal();
    for (const attempt of [winner, late]) await attempt.close();
  } finally {
    await line.close();
  }
});

test('TCP cut in the middle of a read: the read fails, and a new one from the same offset gives the same bytes', async () => {
  const content = Buffer.alloc(8 * 1024 * 1024, 'waybill ');
  await writeFile(join(root, 'file'), content);
  const proxy = await startToxiproxy(sshd.port);
  try {
    const store = openStore({port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`});
    const source = await store.openSource('file');
    await proxy.cutAfterReceived(1024 * 1024);
    await expect(source.read(0, content.length)).rejects.toMatchObject({code: 'ssh.connection-lost'});
    await source.close();
    await proxy.heal();
    const again = await store.openSource('file');
    expect(again.entry.identity).toBe(source.entry.identity);
    expect(Buffer.from(await again.read(1024, content.length)).equals(content.subarray(1024))).toBe(true);
    await again.close();
  } finally {
    await proxy.close();
  }
});

test('sshd killed while many small files are published: each is whole or not there', async () => {
  const store = openStore();
  await store.makeDirectory('');
  const files = Array.from({length: 3000}, (_, index) => {
    const content = Buffer.alloc(4096, index % 251);
    return {
      destination: `out/${index}`,
      partial: `partials/${index}`,
      content,
      sha256: createHash('sha256').update(content).digest('hex'),
      ifExists: 'replace' as const,
    };
  });
  // Again and again, so that the kill comes in the middle however long it takes.
  const puttingOn = async (): Promise<never> => {
    for (;;) await store.putFiles(files);
  };
  const putting = puttingOn().catch((error: unknown) => error);
  await until('the first is there', async () => (await readdir(join(root, 'out')).catch(() => [])).length > 0);
  await sshd.kill();
  expect(hasCode(await putting, 'ssh.connection-lost', 'ssh.unreachable')).toBe(true);
  await sshd.start();
  for await (const entry of store.list('out')) {
    const content = await readFile(join(root, 'out', entry.name));
    expect(content.equals(Buffer.alloc(4096, Number(entry.name) % 251))).toBe(true);
  }
  const results = await store.putFiles(files);
  expect(results.every((result) => result.outcome === 'published')).toBe(true);
});

test('a server without SFTP is told from one that cannot be reached', async () => {
  const bare = await startSshd({sftp: 'off', config: ['ForceCommand exit 1']});
  try {
    await expect(openStore({}, bare).stat('x')).rejects.toMatchObject({code: 'ssh.sftp-unavailable', retryable: false});
  } finally {
    await bare.close();
  }
});

test('where commands are not allowed, what was written is read back', async () => {
  const jailed = await startSshd({config: ['ForceCommand internal-sftp']});
  try {
    const store = openStore({}, jailed);
    const partial = await store.openPartial({path: 'p', size: 3 * CHUNK});
    await partial.write(0, Buffer.alloc(3 * CHUNK, 7));
    const digests: (string | undefined)[] = [];
    for await (const digest of partial.hash([
      {offset: CHUNK, length: 2 * CHUNK},
      {offset: 0, length: 9 * CHUNK},
    ]))
      digests.push(digest);
    expect(digests).toEqual([
      createHash('sha256')
        .update(Buffer.alloc(2 * CHUNK, 7))
        .digest('hex'),
      undefined,
    ]);
    expect(store.properties.hashing).toBe('read-back');
    await partial.close();
  } finally {
    await jailed.close();
  }
});

test('that commands are not allowed is told, however soon after its answer the session ends', async () => {
  const jailed = await startSshd({config: ['ForceCommand internal-sftp']});
  const pools = Array.from({length: 30}, () => new SshPool(endpointOf(jailed)));
  try {
    const told = await Promise.allSettled(
      pools.map(async (pool) => {
        const dialogue = await ShellDialogue.open(pool);
        await dialogue.ask('echo hello');
      }),
    );
    for (const outcome of told) expect(outcome).toMatchObject({reason: {code: 'shell.unavailable'}});
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
    await jailed.close();
  }
});

test('a directory that turns into a link out of the root is not followed', async () => {
  const store = openStore();
  await store.putObject('a/file', Buffer.from('x'));
  const outside = await mkdtemp(join(tmpdir(), 'waybill-outside-'));
  await rm(join(root, 'a'), {recursive: true});
  await symlink(outside, join(root, 'a'));
  await sleep(1100);
  await expect(store.putObject('a/file', Buffer.from('y'))).rejects.toMatchObject({code: 'name.outside-root'});
  expect(await readdir(outside)).toEqual([]);
  await rm(outside, {recursive: true});
});
