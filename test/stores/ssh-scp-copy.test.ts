import {
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import type {SshEndpoint} from '../../src/ssh/endpoint.js';
import {SshPool} from '../../src/ssh/pool.js';
import {intercepted} from '../../src/stores/decorators/intercepted.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {Store} from '../../src/stores/store.js';
import {copy} from '../../src/transfer/copy/copy.js';
import {enteredBlocks} from '../ledgers.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {until} from '../until.js';

let sshd: Sshd;
let root = '';
const open: {close(): Promise<void>}[] = [];
beforeAll(async () => {
  sshd = await startSshd({sftp: 'off'});
});
afterAll(() => sshd.close());

function there(changes: Partial<SshEndpoint> = {}): Store {
  const pool = new SshPool(endpointOf(sshd, changes));
  const store = openSshStore({name: 'lab', pool, root});
  open.push(pool, store);
  return store;
}

function here(): Store {
  const store = openLocalStore({name: 'here', root});
  open.push(store);
  return store;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-scp-'));
  await mkdir(join(root, 'from'));
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  await rm(root, {recursive: true, force: true});
});

test('carries a tree with modes, times and empty directories there and back, and tells how far it is', async () => {
  const names = ['plain', '-n', "it's; $(id) `id`", 'two\nlines', '.hidden', 'sub/日本語', 'sub/deep/file'];
  for (const name of names) {
    await mkdir(join(root, 'from', name, '..'), {recursive: true});
    await writeFile(join(root, 'from', name), `${name} `.repeat(1000), {mode: 0o640});
    await utimes(join(root, 'from', name), 1_600_000_000, 1_600_000_000);
  }
  await symlink('sub/deep/file', join(root, 'from/link'));
  await mkdir(join(root, 'from/nothing'), {mode: 0o711});
  await writeFile(join(root, 'from/large'), Buffer.alloc(9_000_000, 'large'));
  await utimes(join(root, 'from/sub'), 1_500_000_000, 1_500_000_000);
  const [local, remote] = [here(), there()];
  const told: number[] = [];
  const sent = await copy(
    {store: local, path: 'from/'},
    {store: remote, path: 'to'},
    {
      ...{hidden: true, symlinks: 'copy', limitRate: 6_000_000},
      onEvent: (event) => {
        if (event.event === 'progress') told.push(event.progress.sentBytes);
      },
    },
  );
  const back = await copy({store: remote, path: 'to/'}, {store: local, path: 'back'}, {hidden: true, symlinks: 'copy'});
  for (const {counts} of [sent, back]) expect(counts).toMatchObject({files: 8, copied: 9, failed: 0});
  expect(remote.properties.protocol).toBe('scp');
  expect(told.some((bytes) => bytes > 0 && bytes < 9_000_000)).toBe(true);
  const expected = await seen('from');
  expect(expected.length).toBeGreaterThan(names.length);
  expect(await seen('to')).toEqual(expected);
  expect(await seen('back')).toEqual(expected);
});

test('gives files away, those of a kilobyte and those of a megabyte', async () => {
  const [local, remote] = [here(), there()];
  for (const [name, length] of Object.entries({small: 1000, large: 5_000_000})) {
    await writeFile(join(root, 'from', name), Buffer.alloc(length, name), {mode: 0o640});
    await chown(join(root, 'from', name), 1234, 4321);
  }
  await copy({store: local, path: 'from/'}, {store: remote, path: 'to'}, {preserveOwner: true});
  for (const name of ['small', 'large']) {
    expect(await stat(join(root, 'to', name))).toMatchObject({uid: 1234, gid: 4321, mode: 0o100640});
    expect((await remote.stat(`to/${name}`))?.owner).toEqual({uid: 1234, gid: 4321});
  }
});

test('goes on from what was proved after its sessions were killed in the middle of a file', async () => {
  const content = Buffer.alloc(40_000_000, 'some content ');
  await writeFile(join(root, 'from/large'), content);
  const [local, remote] = [here(), there()];
  let sentBytes = 0;
  let killed: Promise<void> | undefined;
  const kill = async (): Promise<void> => {
    await until('a block in the ledger', async () => (await enteredBlocks(root, '**/*.ledger')) >= 1);
    await sshd.killSessions();
  };
  const cut = intercepted(remote, async (call, proceed) => {
    if (call.method !== 'partial.write' || !call.path.endsWith('.partial')) return proceed();
    if (sentBytes > 20_000_000) await (killed ??= kill());
    sentBytes += call.content?.length ?? 0;
    return proceed();
  });
  const first = await copy({store: local, path: 'from/large'}, {store: cut, path: 'large'}, {retries: 1}).then(
    ({counts}) => counts,
    () => undefined,
  );
  expect(killed).toBeDefined();
  // The copy may have gone on by itself within its attempts; else the next one takes it up.
  const counts =
    first?.resumed === 1
      ? first
      : (await copy({store: local, path: 'from/large'}, {store: remote, path: 'large'})).counts;
  expect(counts).toMatchObject({resumed: 1, failed: 0});
  expect(counts.resumedBytes).toBeGreaterThan(7_000_000);
  expect((await readFile(join(root, 'large'))).equals(content)).toBe(true);
});

test('ends after the silence that was allowed', async () => {
  await writeFile(join(root, 'from/large'), Buffer.alloc(30_000_000, 1));
  const [local, remote] = [here(), there({deadAfterMs: 600_000})];
  let frozen = false;
  const copying = copy(
    {store: local, path: 'from/large'},
    {store: remote, path: 'large'},
    {
      ...{stallTimeoutMs: 1500, retries: 1, limitRate: 8_000_000},
      onEvent: (event) => {
        if (frozen || event.event !== 'progress' || event.progress.sentBytes < 1_000_000) return;
        frozen = true;
        void sshd.freezeSessions();
      },
    },
  );
  try {
    await expect(copying).rejects.toMatchObject({code: 'transfer.no-progress'});
  } finally {
    await sshd.killSessions();
  }
  expect(await readdir(root)).not.toContain('large');
});
/** Name, mode, time and content of everything below a directory; of links where they point to. */
async function seen(tree: string): Promise<readonly unknown[]> {
  const all = (await readdir(join(root, tree), {recursive: true})).sort();
  return Promise.all(
    all.map(async (name) => {
      const path = join(root, tree, name);
      const entry = await lstat(path);
      if (entry.isSymbolicLink()) return [name, await readlink(path)];
      const content = entry.isFile() ? await readFile(path, 'latin1') : '';
      return [name, entry.mode.toString(8), Math.floor(entry.mtimeMs / 1000), content];
    }),
  );
}
