import {readdir} from 'node:fs/promises';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {patterned, sha256} from '../../src/stores/contract/subject.js';
import {S3Client} from '../../src/stores/s3/client.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {type FaultProxy, first, type Seen, startFaultProxy} from '../servers/fault-proxy.js';
import {startMinio} from '../servers/minio.js';
import type {S3Server} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

/** Stands for the 5 GiB of S3: what is larger is copied in parts. */
const MOST = 8 * 1024 * 1024;
const content = patterned(2 * MOST + 4321, 3);
const attributes = {mode: 0o640, modifiedAt: 1_234_567_890_123};

const isPart = ({method, path}: Seen): boolean => method === 'PUT' && path.includes('partNumber=');
const isComplete = ({method, path}: Seen): boolean => method === 'POST' && path.includes('uploadId=');
const isAbort = ({method, path}: Seen): boolean => method === 'DELETE' && path.includes('uploadId=');

describe.each([
  ['MinIO', startMinio],
  ['Versity Gateway', startVersity],
])('objects that %s copies in parts', (_, startServer) => {
  let server: S3Server;
  let proxy: FaultProxy;
  let store: Store;
  let run = 0;
  beforeAll(async () => {
    server = await startServer();
    proxy = await startFaultProxy(server.port);
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });
  beforeEach(async () => {
    run += 1;
    proxy.plan(() => undefined);
    store = openS3Store({
      ...{name: 's3', ...server, endpoint: proxy.endpoint, prefix: `run-${run}`, mostCopiedBytes: MOST},
      retries: {firstWaitMs: 5},
    });
    await store.makeDirectory('partials');
    const partial = await store.openPartial({
      ...{path: 'partials/p', size: content.length},
      intended: {destination: 'large', ...attributes},
    });
    for (const at of [0, MOST, 2 * MOST]) await partial.write(at, content.subarray(at, at + MOST));
    await partial.publish({destination: 'large', ifExists: 'keep', ...attributes});
    proxy.plan(() => undefined);
  });
  afterEach(() => store.close());

  async function digestOf(name: string): Promise<string | undefined> {
    const found = await store.getObject(name, content.length);
    return found === undefined ? undefined : sha256(found);
  }

  /** Parts of uploads that the server keeps. */
  async function leftovers(): Promise<readonly string[]> {
    const names = await readdir(server.directory, {recursive: true});
    return names.filter((name) => /multipart\/.*part/.test(name));
  }

  test('are renamed, with their metadata', async () => {
    await store.rename('large', 'moved', {overwrite: false});
    expect(proxy.seen.filter(isPart)).toHaveLength(3);
    expect(await digestOf('moved')).toBe(sha256(content));
    expect(await store.stat('moved')).toMatchObject({kind: 'file', size: content.length, ...attributes});
    expect(await store.stat('large')).toBeUndefined();
    expect(await leftovers()).toEqual([]);
  });

  test('are renamed with the directory that holds them', async () => {
    await store.makeDirectory('tree');
    await store.rename('large', 'tree/large', {overwrite: false});
    await store.putObject('tree/small', Buffer.from('x'));
    await store.rename('tree', 'other', {overwrite: false});
    expect(await digestOf('other/large')).toBe(sha256(content));
    expect(await store.getObject('other/small', 10)).toEqual(Buffer.from('x'));
    expect(await store.stat('tree')).toBeUndefined();
  });

  test('are given other attributes', async () => {
    await store.setAttributes('large', {mode: 0o600});
    expect(await store.stat('large')).toMatchObject({size: content.length, ...attributes, mode: 0o600});
    await store.setAttributes('large', {modifiedAt: 1_500_000_000_000});
    expect(await store.stat('large')).toMatchObject({mode: 0o600, modifiedAt: 1_500_000_000_000});
    expect(await digestOf('large')).toBe(sha256(content));
  });

  test('keep what tells a browser how to take them, as small ones do', async () => {
    const client = new S3Client(server);
    const told = {'cache-control': 'max-age=60', 'content-language': 'de', 'content-type': 'text/plain'};
    const key = (name: string) => `run-${run}/${name}`;
    await client.call({method: 'PUT', key: key('page'), body: Buffer.from('x'), headers: told});
    await store.rename('page', 'moved', {overwrite: false});
    await store.setAttributes('moved', {mode: 0o600});
    expect((await client.call({method: 'HEAD', key: key('moved')})).headers).toMatchObject(told);
    client.close();
  });

  test('stay where they are when a part is refused, and nothing is left of the copy', async () => {
    proxy.plan(first(1, isPart, {kind: 'answer', status: 403, code: 'AccessDenied'}));
    const refused = store.rename('large', 'moved', {overwrite: false});
    await expect(refused).rejects.toMatchObject({code: 'store.permission-denied'});
    expect(proxy.seen.filter(isAbort)).toHaveLength(1);
    expect(await store.stat('moved')).toBeUndefined();
    expect(await digestOf('large')).toBe(sha256(content));
    expect(await leftovers()).toEqual([]);
  });

  test('say why they could not be copied where their parts cannot be freed either', async () => {
    const refusal = {kind: 'answer', status: 403, code: 'AccessDenied'} as const;
    const gone = {kind: 'answer', status: 400, code: 'InvalidRequest'} as const;
    proxy.plan((seen) => (isPart(seen) ? refusal : isAbort(seen) ? gone : undefined));
    const refused = store.rename('large', 'moved', {overwrite: false});
    await expect(refused).rejects.toMatchObject({code: 'store.permission-denied'});
    proxy.plan(() => undefined);
  });

  test('leave no part that came after the abort', async () => {
    const stop = new AbortController();
    let aborts = 0;
    proxy.plan((seen) => {
      if (isComplete(seen)) {
        stop.abort(new Error('stopped'));
        return {kind: 'reset'};
      }
      if (!isAbort(seen)) return undefined;
      aborts += 1;
      // The parts are there, as those are that the server was still copying.
      return aborts === 1 ? {kind: 'body', body: ''} : undefined;
    });
    const stopped = store.rename('large', 'moved', {overwrite: false, signal: stop.signal});
    await expect(stopped).rejects.toThrow('stopped');
    expect(aborts).toBe(2);
    expect(await leftovers()).toEqual([]);
  });

  test('are where they belong when an answer is lost', async () => {
    proxy.plan(first(1, (seen) => isPart(seen) || isComplete(seen), {kind: 'lost-answer'}));
    await store.rename('large', 'moved', {overwrite: false});
    proxy.plan(first(1, isComplete, {kind: 'lost-answer'}));
    await store.rename('moved', 'again', {overwrite: false});
    expect(await digestOf('again')).toBe(sha256(content));
    expect(await store.stat('moved')).toBeUndefined();
  });
});
