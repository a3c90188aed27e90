import {chown, mkdir, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, it} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {intercepted} from '../../src/stores/decorators/intercepted.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {Store} from '../../src/stores/store.js';
import {check} from '../../src/transfer/copy/check.js';
import {copy} from '../../src/transfer/copy/copy.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

let sshd: Sshd;
let root = '';
let pool: SshPool;
let near: Store;
let far: Store;
const LARGE = 9_000_000;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-options-'));
  for (const side of ['near', 'far']) await mkdir(join(root, side));
  pool = new SshPool(endpointOf(sshd));
  near = openLocalStore({name: 'near', root: join(root, 'near')});
  far = openSshStore({name: 'far', pool, root: join(root, 'far')});
});
afterEach(async () => {
  await Promise.all([near.close(), far.close()]);
  await pool.close();
  await rm(root, {recursive: true, force: true});
});

async function put(path: string, bytes: number): Promise<void> {
  await mkdir(join(root, path, '..'), {recursive: true});
  await writeFile(join(root, path), Buffer.alloc(bytes, 'waybill '));
}

/** What was asked of a store, but for a hash: by the path that it was asked of. */
function noting(store: Store, reads: string[], hashes: string[]): Store {
  return intercepted(store, (call, proceed) => {
    if (call.method === 'source.read') reads.push(call.path);
    if (call.method === 'hash') hashes.push(call.path);
    return proceed();
  });
}

it.runIf(userInfo().uid === 0)(
  'keeps owners of files large and small, of directories too, and only where that is asked for',
  async () => {
    await put('near/tree/large', LARGE);
    await put('near/tree/sub/small', 10);
    for (const [index, name] of ['large', 'sub', 'sub/small'].entries()) {
      await chown(join(root, 'near/tree', name), 2000 + index, 3000 + index);
    }
    const owners = async (tree: string) =>
      Promise.all(
        ['large', 'sub', 'sub/small'].map(async (name) => {
          const {uid, gid} = await stat(join(root, tree, name));
          return [uid, gid];
        }),
      );
    const kept = [
      [2000, 3000],
      [2001, 3001],
      [2002, 3002],
    ];
    await copy({store: near, path: 'tree/'}, {store: far, path: 'kept'}, {preserveOwner: true});
    expect(await owners('far/kept')).toEqual(kept);
    await copy({store: far, path: 'kept/'}, {store: near, path: 'back'}, {preserveOwner: true});
    expect(await owners('near/back')).toEqual(kept);
    await copy({store: near, path: 'tree/'}, {store: far, path: 'ours'});
    expect(await owners('far/ours')).toEqual(kept.map(() => [0, 0]));
  },
);

it('has the source hash where it lies, and publishes nothing that differs', async () => {
  await put('far/tree/large', LARGE);
  await put('far/tree/small', 10);
  const [reads, hashes]: [string[], string[]] = [[], []];
  const noted = noting(far, reads, hashes);
  const result = await copy({store: noted, path: 'tree/'}, {store: near, path: 'out'}, {verify: 'both'});
  expect(result.outcomes.map(({outcome}) => outcome)).toEqual(['copied', 'copied']);
  expect(hashes.sort()).toEqual(['tree/large', 'tree/small']);
  const lying: Store = {
    ...intercepted(far, (_, proceed) => proceed()),
    hash: async (path) => {
      const hashed = await far.hash?.(path);
      return hashed && {...hashed, sha256: hashed.sha256.replace(/^./, (first) => (first === '0' ? '1' : '0'))};
    },
  };
  const refused = await copy({store: lying, path: 'tree/'}, {store: near, path: 'none'}, {verify: 'both'});
  expect(refused.failures).toMatchObject([
    {name: 'large', code: 'transfer.checksum-mismatch'},
    {name: 'small', code: 'transfer.checksum-mismatch'},
  ]);
  expect(await near.stat('none/large')).toBeUndefined();
  expect(await near.stat('none/small')).toBeUndefined();
});

it('reads a file anew whose source says that it was misread', async () => {
  await put('far/tree/large', LARGE);
  await put('far/tree/small', 10);
  const misread = new Set<string>();
  const wrongOnce = intercepted(far, async (call, proceed) => {
    const answer = await proceed();
    if (call.method === 'source.read' && answer instanceof Uint8Array && !misread.has(call.path)) {
      misread.add(call.path);
      answer[0] = (answer[0] ?? 0) ^ 1;
    }
    return answer;
  });
  const result = await copy({store: wrongOnce, path: 'tree/'}, {store: near, path: 'out'}, {verify: 'both'});
  expect([...misread].sort()).toEqual(['tree/large', 'tree/small']);
  expect(result.outcomes).toMatchObject([
    {name: 'large', outcome: 'copied', verified: 'sha256'},
    {name: 'small', outcome: 'copied', verified: 'sha256'},
  ]);
  for (const name of ['large', 'small']) {
    const arrived = await readFile(join(root, 'near/out', name));
    expect(arrived.equals(await readFile(join(root, 'far/tree', name))), name).toBe(true);
  }
});

it('does without the word of a source that has nothing to hash with', async () => {
  await put('far/tree/large', LARGE);
  await put('far/tree/small', 10);
  const mute: Store = {...intercepted(far, (_, proceed) => proceed()), hash: () => Promise.resolve(undefined)};
  const result = await copy({store: mute, path: 'tree/'}, {store: near, path: 'out'}, {verify: 'both'});
  expect(result.outcomes).toMatchObject([
    {name: 'large', outcome: 'copied', verified: 'sha256'},
    {name: 'small', outcome: 'copied', verified: 'sha256'},
  ]);
});

it('compares large files by hashing them where they lie', async () => {
  for (const side of ['near', 'far']) await put(`${side}/tree/large`, LARGE);
  const [reads, hashes]: [string[], string[]] = [[], []];
  const there = {store: noting(far, reads, hashes), path: 'tree'};
  const states = [];
  for await (const {name, state} of check([{store: near, path: 'tree/'}], there)) states.push([name, state]);
  expect(states).toEqual([['large', 'same']]);
  const again = await copy({store: near, path: 'tree/'}, there, {overwrite: 'different'});
  expect(again.counts).toMatchObject({skipped: 1, sentBytes: 0});
  expect([reads, hashes]).toEqual([[], ['tree/large', 'tree/large']]);
});

it('removes a large file before its successor is sent where it is told to, and else replaces it in one step', async () => {
  await put('near/large', LARGE);
  for (const [removeFirst, whileSent] of [
    [false, 'old'],
    [true, undefined],
  ] as const) {
    await writeFile(join(root, 'far/large'), 'old');
    const seen = new Set<string | undefined>();
    const to = intercepted(far, async (call, proceed) => {
      if (call.method === 'partial.write' && call.path.endsWith('.partial')) {
        seen.add(await readFile(join(root, 'far/large'), 'utf8').catch(() => undefined));
      }
      return await proceed();
    });
    const {counts} = await copy({store: near, path: 'large'}, {store: to, path: 'large'}, {removeFirst});
    expect(counts.copied).toBe(1);
    expect([...seen]).toEqual([whileSent]);
    expect((await stat(join(root, 'far/large'))).size).toBe(LARGE);
  }
});

it.each([1, 3])('spreads three large files over %i connections where that is asked for', async (sessions) => {
  const narrow = openSshStore({name: 'far', pool, root: join(root, 'far'), sessions, longLineSessions: sessions});
  await mkdir(join(root, 'near/tree'));
  for (let file = 0; file < 3; file++) await put(`near/tree/${file}`, LARGE);
  let most = 0;
  await copy(
    {store: near, path: 'tree/'},
    {store: narrow, path: 'out'},
    {
      limitRate: 50_000_000,
      onEvent: () => (most = Math.max(most, pool.status().connections)),
    },
  );
  await narrow.close();
  expect(most).toBe(sessions);
});
