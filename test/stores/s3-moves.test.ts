import {spawn} from 'node:child_process';
import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {build} from 'esbuild';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {collect, patterned, sha256} from '../../src/stores/contract/subject.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {moveFile, type MoveFileOptions} from '../../src/transfer/move-file.js';
import {moveSegment} from '../../src/transfer/move-segment.js';
import {planTree} from '../../src/transfer/plan-tree.js';
import {PARTIALS, TwoStores} from '../../src/transfer/testing/two-stores.js';
import {startTcpLine} from '../servers/tcp-line.js';
import {startFaultProxy} from '../servers/fault-proxy.js';
import {startMinio} from '../servers/minio.js';
import type {S3Server} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

const PART = 8 * 1024 * 1024;

let program = '';
beforeAll(async () => {
  program = join(import.meta.dirname, `../../node_modules/.cache/waybill-s3-kill-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/transfer/testing/move-to-s3.ts')],
    ...{bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm', outfile: program},
  });
});
afterAll(() => rm(program, {force: true}));

describe.each([
  ['MinIO', startMinio],
  ['Versity Gateway', startVersity],
])('moves to and from %s', (_, startServer) => {
  let server: S3Server;
  let run = 0;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  async function fresh(): Promise<{store: Store; prefix: string}> {
    run += 1;
    const prefix = `run-${run}`;
    const store = openS3Store({name: 's3', ...server, prefix, retries: {tries: 3, firstWaitMs: 5}});
    await store.makeDirectory(PARTIALS);
    return {store, prefix};
  }

  /** Names below the root, the directory of partials left out. */
  async function leftovers(store: Store): Promise<string[]> {
    const names: string[] = [];
    for await (const entry of store.list(PARTIALS)) names.push(entry.name);
    return names.filter((name) => name.endsWith('.partial'));
  }

  test.each([0, 1, 500_000, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 12_345])(
    'there and back again: %i bytes, with mode and time',
    async (size) => {
      await using stores = await TwoStores.create();
      const {store} = await fresh();
      const content = patterned(size, 3);
      const file = await stores.put('data.bin', content);
      const there = await moveFile(stores.options(file, {to: store}));
      expect(there).toMatchObject({outcome: 'copied', sha256: sha256(content), verified: 'sha256', sentBytes: size});
      const entry = await store.stat('data.bin');
      expect(entry).toMatchObject({size, mode: file.mode & 0o777, modifiedAt: Math.floor(file.modifiedAt)});
      const found = {...file, identity: entry?.identity ?? ''};
      const back = await moveFile(stores.options(found, {from: store}));
      expect(back).toMatchObject({outcome: 'copied', sha256: sha256(content), verified: 'sha256'});
      expect((await stores.arrived('data.bin'))?.equals(content)).toBe(true);
      expect(await leftovers(store)).toEqual([]);
      await store.close();
    },
  );

  test('more than 10 MB/s each way, and less than 5 % beside the bytes of the file', async () => {
    await using stores = await TwoStores.create();
    const line = await startTcpLine(server.port);
    const store = openS3Store({name: 's3', ...server, endpoint: line.endpoint, prefix: 'speed'});
    await store.makeDirectory(PARTIALS);
    const size = 8 * PART;
    const file = await stores.put('data.bin', patterned(size, 10));
    const timed = async (options: Partial<MoveFileOptions>): Promise<{seconds: number; crossed: number}> => {
      const [begun, before] = [performance.now(), line.bytes];
      expect(await moveFile(stores.options(file, options))).toMatchObject({outcome: 'copied', verified: 'sha256'});
      return {seconds: (performance.now() - begun) / 1000, crossed: line.bytes - before};
    };
    const up = await timed({to: store});
    const identity = (await store.stat('data.bin'))?.identity ?? '';
    const down = await timed({from: store, file: {...file, identity}});
    for (const {seconds, crossed} of [up, down]) {
      expect(size / seconds).toBeGreaterThan(10e6);
      expect(crossed).toBeGreaterThanOrEqual(size);
      expect(crossed).toBeLessThan(size * 1.05);
    }
    await store.close();
    await line.close();
  });

  test('ten files and more are under way at once, each way', async () => {
    await using stores = await TwoStores.create();
    const {prefix} = await fresh();
    const proxy = await startFaultProxy(server.port);
    const store = openS3Store({name: 's3', ...server, endpoint: proxy.endpoint, prefix});
    const files = await Promise.all(
      Array.from({length: 64}, (_, at) => stores.put(`${at}`, patterned(256 * 1024, at))),
    );
    const {signal} = new AbortController();
    const common = {fromRoot: '', toRoot: '', partials: PARTIALS, owner: 'test', ifExists: 'keep', signal} as const;
    // Without it, the first may be through before the last begins.
    const late = () => ({kind: 'late', ms: 100}) as const;
    proxy.plan(late);
    const there = await moveSegment({...common, from: stores.from, to: store, toRoot: 'tree', files});
    expect(there.outcomes.map(({outcome}) => outcome)).toEqual(files.map(() => 'copied'));
    expect(proxy.mostAtOnce).toBeGreaterThanOrEqual(10);
    proxy.plan(late);
    const found = await collect(planTree({store, root: 'tree', attributes: false}));
    const back = {...common, fromRoot: 'tree', toRoot: 'back', files: found.filter((entry) => 'kind' in entry)};
    expect((await moveSegment({...back, from: store, to: stores.to})).outcomes).toHaveLength(files.length);
    expect(proxy.mostAtOnce).toBeGreaterThanOrEqual(10);
    await store.close();
    await proxy.close();
  });

  test('many small files, there and back again', async () => {
    await using stores = await TwoStores.create();
    const {store} = await fresh();
    const files = [];
    for (let index = 0; index < 300; index += 1) {
      files.push(await stores.put(`d ${index % 5}/file ${index}`, patterned(index * 37, index)));
    }
    const common = {fromRoot: '', toRoot: '', partials: PARTIALS, owner: 'test', ifExists: 'keep'} as const;
    const {signal} = new AbortController();
    const there = await moveSegment({...common, from: stores.from, to: store, files, signal});
    expect(there.outcomes.map((outcome) => outcome.outcome)).toEqual(files.map(() => 'copied'));
    const found = await Promise.all(
      files.map(async (file) => ({...file, identity: (await store.stat(file.name))?.identity ?? ''})),
    );
    const back = await moveSegment({...common, from: store, to: stores.to, files: found, signal});
    expect(back.outcomes.map((outcome) => outcome.outcome)).toEqual(files.map(() => 'copied'));
    for (const [index, file] of files.entries()) {
      expect(await stores.arrived(file.name)).toEqual(patterned(index * 37, index));
    }
    await store.close();
  });

  test('a second publish is refused where the file is kept, and two attempts at once leave one file', async () => {
    await using stores = await TwoStores.create();
    const {store} = await fresh();
    const content = patterned(3 * PART + 5, 4);
    const file = await stores.put('data.bin', content);
    const attempts = await Promise.allSettled(
      [1, 2].map(() => moveFile(stores.options(file, {to: store, ifExists: 'keep'}))),
    );
    const outcomes = attempts.map((attempt) => (attempt.status === 'fulfilled' ? attempt.value.outcome : 'superseded'));
    expect(outcomes.filter((outcome) => outcome === 'copied' || outcome === 'resumed').length).toBeGreaterThan(0);
    const whole = await store.getObject('data.bin', content.length);
    expect(sha256(whole ?? new Uint8Array())).toBe(sha256(content));
    const other = await stores.put('data.bin', patterned(3 * PART + 5, 5));
    const second = await moveFile(stores.options(other, {to: store, ifExists: 'keep'}));
    expect(second).toMatchObject({outcome: 'failed', code: 'store.already-exists'});
    await store.close();
  });

  test('a process killed while it uploads costs its successor at most what was under way', async () => {
    await using stores = await TwoStores.create();
    const {store, prefix} = await fresh();
    const content = patterned(20 * PART + 99, 6);
    const file = await stores.put('data.bin', content);
    let told = 0;
    for (const cut of [3 * PART, 9 * PART]) {
      const {endpoint, bucket, credentials} = server;
      const job = {root: stores.root, file, connection: {endpoint, bucket, credentials, prefix}};
      const child = spawn(process.execPath, [program, JSON.stringify(job)], {stdio: ['ignore', 'pipe', 'inherit']});
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        told = Number(text.trim().split('\n').at(-1));
        if (told >= cut) child.kill('SIGKILL');
      });
      const ended = await new Promise((resolve) => {
        child.once('exit', (status, signal) => resolve(signal ?? status));
      });
      expect(ended).toBe('SIGKILL');
      expect(await store.stat('data.bin')).toBeUndefined();
    }
    const outcome = await moveFile(stores.options(file, {to: store}));
    expect(outcome).toMatchObject({outcome: 'resumed', sha256: sha256(content), verified: 'sha256'});
    if (outcome.outcome === 'failed') throw new Error(outcome.message);
    expect(outcome.sentBytes + outcome.resumedBytes).toBe(content.length);
    expect(outcome.resumedBytes).toBeGreaterThanOrEqual(9 * PART);
    const whole = await store.getObject('data.bin', content.length);
    expect(sha256(whole ?? new Uint8Array())).toBe(sha256(content));
    expect(await leftovers(store)).toEqual([]);
    await store.close();
  });

  test('parts that no ledger has are claimed by what the server says of them', async () => {
    await using stores = await TwoStores.create();
    const {store} = await fresh();
    const content = patterned(5 * PART + 4321, 10);
    const part = (number: number): Buffer => content.subarray((number - 1) * PART, number * PART);
    const file = await stores.put('data.bin', content);
    const {partial: path, destination} = stores.options(file);
    // What an attempt leaves that is killed before its ledger is there; one of its parts holds other bytes.
    const {size, mode, modifiedAt} = file;
    const intended = {destination, mode: mode & 0o777, modifiedAt};
    const partial = await store.openPartial({path, size, intended});
    for (const number of [1, 3, 6]) await partial.write((number - 1) * PART, part(number));
    await partial.write(PART, patterned(PART, 11));
    await partial.close();
    const outcome = await moveFile(stores.options(file, {to: store}));
    expect(outcome).toMatchObject({
      ...{outcome: 'resumed', sha256: sha256(content), verified: 'sha256'},
      ...{resumedBytes: 2 * PART + part(6).length, sentBytes: 3 * PART},
    });
    expect(sha256((await store.getObject('data.bin', content.length)) ?? new Uint8Array())).toBe(sha256(content));
    expect(await leftovers(store)).toEqual([]);
    await store.close();
  });

  test('a tree is planned without asking for each name, and arrives with its modes and times', async () => {
    await using stores = await TwoStores.create();
    const {store, prefix} = await fresh();
    const sizes = [0, 5, 8191, 300_000, 3 * PART];
    const files = await Promise.all(sizes.map((size, index) => stores.put(`tree/${index}`, patterned(size, index))));
    for (const file of files)
      expect(await moveFile(stores.options(file, {to: store}))).toMatchObject({outcome: 'copied'});
    const proxy = await startFaultProxy(server.port);
    const seen = openS3Store({name: 's3', ...server, endpoint: proxy.endpoint, prefix});
    const planned = await collect(planTree({store: seen, root: 'tree', attributes: false}));
    await seen.close();
    // One has the length that the record of an upload has.
    expect(proxy.seen.map(({method}) => method)).toEqual(['GET', 'HEAD']);
    await proxy.close();
    expect(planned.map((entry) => 'attributesLeftOut' in entry)).toEqual(sizes.map((size) => size !== 8191));
    const {outcomes} = await moveSegment({
      ...{from: store, fromRoot: 'tree', to: stores.to, toRoot: 'back', partials: PARTIALS, owner: 'test'},
      ...{files: planned.filter((entry) => 'kind' in entry), ifExists: 'keep', signal: new AbortController().signal},
    });
    for (const [index, outcome] of outcomes.entries()) {
      const {mode, modifiedAt, size} = files[index] ?? {};
      const there = {mode: (mode ?? 0) & 0o777, modifiedAt: Math.floor(modifiedAt ?? 0)};
      expect(outcome).toMatchObject({outcome: 'copied', ...(size === 8191 ? {} : {attributes: there})});
      expect(await stores.to.stat(`back/${index}`)).toMatchObject({size, ...there});
    }
    await store.close();
  });

  test('a source that is another file when it is resumed is sent from its beginning', async () => {
    await using stores = await TwoStores.create();
    const {store} = await fresh();
    const file = await stores.put('data.bin', patterned(4 * PART, 7));
    const cut = new AbortController();
    const onProgress = (): void => cut.abort(new Error('cut'));
    await expect(moveFile(stores.options(file, {to: store, signal: cut.signal, onProgress}))).rejects.toThrow('cut');
    const other = await stores.put('data.bin', patterned(4 * PART, 8));
    const outcome = await moveFile(stores.options(other, {to: store}));
    expect(outcome).toMatchObject({outcome: 'copied', sha256: sha256(patterned(4 * PART, 8))});
    await store.close();
  });

  test('memory stays within a few parts', async () => {
    await using stores = await TwoStores.create();
    const {store, prefix} = await fresh();
    const file = await stores.put('data.bin', patterned(40 * PART, 9));
    const {endpoint, bucket, credentials} = server;
    const job = {root: stores.root, file, connection: {endpoint, bucket, credentials, prefix}};
    const child = spawn(process.execPath, [program, JSON.stringify(job)], {stdio: ['ignore', 'pipe', 'inherit']});
    let most = 0;
    child.stdout.on('data', () => {
      readFile(`/proc/${child.pid}/status`, 'utf8').then(
        (status) => (most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))),
        () => undefined,
      );
    });
    const status = await new Promise((resolve) => {
      child.once('exit', resolve);
    });
    expect(status).toBe(0);
    expect(most).toBeGreaterThan(0);
    // The runtime takes 100 MiB; six parts, hashing and what waits for the garbage collector come to it.
    expect(most / 1024).toBeLessThan(300);
    await store.close();
  });
});
