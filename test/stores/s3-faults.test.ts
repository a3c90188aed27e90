import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest';
import {collect, patterned, sha256} from '../../src/stores/contract/subject.js';
import {openS3Store, type S3StoreOptions} from '../../src/stores/s3/store.js';
import type {PartialFile, Store} from '../../src/stores/store.js';
import {type FaultProxy, first, type Seen, startFaultProxy} from '../servers/fault-proxy.js';
import {startMinio} from '../servers/minio.js';
import {type S3Server, uploadsOnDisk} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

const PART = 8 * 1024 * 1024;
const SIZE = 2 * PART + 777;
const content = patterned(SIZE);
const part = (number: number): Buffer => content.subarray((number - 1) * PART, number * PART);

const isCreate = ({method, path}: Seen): boolean => method === 'POST' && path.includes('?uploads=');
const isPart = ({method, path}: Seen): boolean => method === 'PUT' && path.includes('partNumber=');
const isComplete = ({method, path}: Seen): boolean => method === 'POST' && path.includes('uploadId=');
const isPut = (name: string) => (seen: Seen) => seen.method === 'PUT' && seen.path.endsWith(`/${name}`);
const isGet = (name: string) => (seen: Seen) => seen.method === 'GET' && seen.path.endsWith(`/${name}`);

describe.each([
  ['MinIO', startMinio],
  ['Versity Gateway', startVersity],
])('faults in front of %s', (_, startServer) => {
  let server: S3Server;
  let proxy: FaultProxy;
  let store: Store;
  let run = 0;
  const stores: Store[] = [];
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
    store = opened();
    await store.makeDirectory('partials');
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const each of stores.splice(0)) await each.close();
  });

  function opened(changes: Partial<S3StoreOptions> = {}): Store {
    const retries = {firstWaitMs: 5};
    const store = openS3Store({
      name: 's3',
      ...server,
      endpoint: proxy.endpoint,
      prefix: `run-${run}`,
      retries,
      ...changes,
    });
    stores.push(store);
    return store;
  }

  const partialOf = (of = store, signal?: AbortSignal): Promise<PartialFile> =>
    of.openPartial(
      {path: 'partials/p', size: SIZE, intended: {destination: 'file'}},
      signal === undefined ? {} : {signal},
    );
  const write = (partial: PartialFile, number: number): Promise<void> =>
    partial.write((number - 1) * PART, part(number));
  const publish = (partial: PartialFile, ifExists: 'keep' | 'replace' = 'keep'): Promise<unknown> =>
    partial.publish({destination: 'file', ifExists});
  async function digestOf(name: string): Promise<string | undefined> {
    const found = await store.getObject(name, 64 * 1024 * 1024);
    return found === undefined ? undefined : sha256(found);
  }

  test.each([
    ['503 SlowDown', {kind: 'answer', status: 503, code: 'SlowDown'}],
    ['500 InternalError', {kind: 'answer', status: 500, code: 'InternalError'}],
    ['a reset', {kind: 'reset'}],
    ['a lost answer', {kind: 'lost-answer'}],
    ['a bit turned on the way', {kind: 'flip'}],
  ] as const)('a part that meets %s is sent again, and the file is right', async (__, fault) => {
    const partial = await partialOf();
    proxy.plan(first(2, isPart, fault));
    for (const number of [1, 2, 3]) await write(partial, number);
    expect(proxy.seen.filter(isPart)).toHaveLength(5);
    await publish(partial);
    expect(await digestOf('file')).toBe(sha256(content));
  });

  test('a part that is corrupted each time is refused by the server, and never published', async () => {
    const partial = await partialOf();
    proxy.plan((seen) => (isPart(seen) ? {kind: 'flip'} : undefined));
    await expect(write(partial, 1)).rejects.toMatchObject({code: 'transfer.checksum-mismatch'});
    expect((await store.stat('partials/p'))?.size).toBe(0);
    await expect(publish(partial)).rejects.toMatchObject({code: 'transfer.checksum-mismatch'});
    expect(await store.stat('file')).toBeUndefined();
  });

  test('a part that came back under a wrong ETag is judged by the digest that the server lists', async () => {
    const partial = await partialOf();
    for (const number of [1, 2, 3]) await write(partial, number);
    proxy.plan(first(1, isPart, {kind: 'wrong-etag'}));
    await write(partial, 2);
    await publish(partial);
    expect(await digestOf('file')).toBe(sha256(content));
  });

  test('a server that stays away is unavailable after the policy’s tries, and loses nothing', async () => {
    const partial = await partialOf();
    await write(partial, 1);
    proxy.plan((seen) => (isPart(seen) ? {kind: 'answer', status: 503, code: 'SlowDown'} : undefined));
    await expect(write(partial, 2)).rejects.toMatchObject({code: 'store.unavailable', retryable: true});
    expect(proxy.seen).toHaveLength(6);
    proxy.plan(() => undefined);
    expect((await partialOf()).foundBytes).toBe(PART);
  });

  test('a refusal is not tried again, and named', async () => {
    proxy.plan(() => ({kind: 'answer', status: 403, code: 'AccessDenied'}));
    const partial = store.openPartial({path: 'partials/p', size: SIZE, intended: {destination: 'file'}});
    await expect(partial).rejects.toMatchObject({code: 'store.permission-denied', retryable: false});
    expect(proxy.seen).toHaveLength(1);
  });

  test('the reason of an early refusal is read although the body was not', async () => {
    const partial = await partialOf();
    for (let round = 0; round < 10; round += 1) {
      proxy.plan(first(1, isPart, {kind: 'answer', status: 403, code: 'AccessDenied'}));
      await expect(write(partial, 1)).rejects.toMatchObject({code: 'store.permission-denied'});
    }
  });

  test.each(['keep', 'replace'] as const)(
    'a complete whose answer is lost is found in the object (%s)',
    async (ifExists) => {
      const partial = await partialOf();
      for (const number of [1, 2, 3]) await write(partial, number);
      proxy.plan(first(1, isComplete, {kind: 'lost-answer'}));
      await publish(partial, ifExists);
      expect(await digestOf('file')).toBe(sha256(content));
      await expect(publish(partial, ifExists)).rejects.toMatchObject({code: 'transfer.partial-consumed'});
    },
  );

  test('a complete that the server only agrees to, as another attempt is at it, is none of this one', async () => {
    await store.putObject('file', Buffer.from('an older file'));
    const partial = await partialOf();
    for (const number of [1, 2, 3]) await write(partial, number);
    proxy.plan(first(1, isComplete, {kind: 'body', body: '<CompleteMultipartUploadResult/>'}));
    await expect(publish(partial, 'replace')).rejects.toMatchObject({code: 'transfer.partial-consumed'});
    expect(await digestOf('file')).toBe(sha256(Buffer.from('an older file')));
    await publish(await partialOf(), 'replace');
    expect(await digestOf('file')).toBe(sha256(content));
  });

  test('a record that another attempt deletes at the same time is gone, as it should be', async () => {
    const partial = await partialOf();
    for (const number of [1, 2, 3]) await write(partial, number);
    const deletes = ({method}: Seen): boolean => method === 'DELETE';
    proxy.plan(first(1, deletes, {kind: 'answer', status: 404, code: 'NoSuchKey'}));
    await publish(partial);
    expect(await digestOf('file')).toBe(sha256(content));
  });

  test('a conditional put whose answer is lost has won, and one that lost has not', async () => {
    proxy.plan(first(1, isPut('object'), {kind: 'lost-answer'}));
    expect(await store.putObject('object', Buffer.from('mine'), {ifAbsent: true})).toBe(true);
    proxy.plan(first(1, isPut('object'), {kind: 'reset'}));
    expect(await store.putObject('object', Buffer.from('other'), {ifAbsent: true})).toBe(false);
    expect(await store.getObject('object', 10)).toEqual(Buffer.from('mine'));
  });

  test('an answer that is cut off is read again', async () => {
    await store.putObject('object', content.subarray(0, 1_000_000));
    const source = await store.openSource('object');
    proxy.plan(first(2, isGet('object'), {kind: 'truncate'}));
    expect(sha256(await source.read(300_000, 700_000))).toBe(sha256(content.subarray(300_000, 1_000_000)));
    expect(proxy.seen).toHaveLength(3);
    proxy.plan((seen) => (isGet('object')(seen) ? {kind: 'truncate'} : undefined));
    await expect(source.read(300_000, 700_000)).rejects.toMatchObject({code: 'store.unavailable'});
  });

  test('an upload whose record is refused is taken back', async () => {
    const before = await uploadsOnDisk(server);
    const isCreated = (): boolean => proxy.seen.some(isCreate);
    const refused = {kind: 'answer', status: 403, code: 'AccessDenied'} as const;
    proxy.plan((seen) => (isPut('p')(seen) && isCreated() ? refused : undefined));
    await expect(partialOf()).rejects.toMatchObject({code: 'store.permission-denied'});
    expect(proxy.seen.filter(isCreate)).toHaveLength(1);
    expect(await uploadsOnDisk(server)).toEqual(before);
  });

  test('an upload that begins while its caller gives up is taken back', async () => {
    const before = await uploadsOnDisk(server);
    const givenUp = new AbortController();
    proxy.plan((seen) => {
      if (isCreate(seen)) givenUp.abort(new Error('given up'));
      return undefined;
    });
    await expect(partialOf(store, givenUp.signal)).rejects.toThrow('given up');
    expect(proxy.seen.filter(isCreate)).toHaveLength(1);
    expect(await uploadsOnDisk(server)).toEqual(before);
  });

  describe('an upload whose id nobody has noted', () => {
    /** The server has begun it, and whoever asked it has died before the answer. */
    async function leave(path = 'partials/p', destination = 'file'): Promise<void> {
      proxy.plan(first(1, isCreate, {kind: 'lost-answer'}));
      const spec = {path, size: SIZE, intended: {destination}};
      const opening = opened({retries: {tries: 1}}).openPartial(spec);
      await expect(opening).rejects.toMatchObject({code: 'store.unavailable'});
      proxy.plan(() => undefined);
    }

    test('is freed by the attempt that comes next', async () => {
      const before = await uploadsOnDisk(server);
      await leave();
      expect((await store.stat('partials/p'))?.size).toBe(0);
      const partial = await partialOf();
      for (const number of [1, 2, 3]) await write(partial, number);
      await publish(partial);
      expect(await digestOf('file')).toBe(sha256(content));
      expect(await uploadsOnDisk(server)).toEqual(before);
    });

    test('is freed by a later attempt where several died so', async () => {
      const before = await uploadsOnDisk(server);
      await leave();
      await leave();
      await partialOf();
      await store.remove('partials/p');
      expect(await uploadsOnDisk(server)).toEqual(before);
    });

    test.each([
      ['its partial', () => store.remove('partials/p')],
      ['the directory of partials', () => store.removeTree('partials')],
    ])('is freed with %s', async (__, remove) => {
      const before = await uploadsOnDisk(server);
      await leave();
      await remove();
      expect(await uploadsOnDisk(server)).toEqual(before);
    });

    test.each(['file', 'é', '🚢'])(
      'goes with the directory of partials, as one that is noted does: %s',
      async (name) => {
        const before = await uploadsOnDisk(server);
        await leave('partials/p', name);
        const noted = {path: 'partials/noted', size: SIZE, intended: {destination: name}};
        await write(await store.openPartial(noted), 1);
        await store.removeTree('partials');
        expect(await uploadsOnDisk(server)).toEqual(before);
      },
    );

    test('is freed where the second try of the same request begins another one', async () => {
      const before = await uploadsOnDisk(server);
      proxy.plan(first(1, isCreate, {kind: 'lost-answer'}));
      await partialOf();
      expect(proxy.seen.filter(isCreate)).toHaveLength(2);
      // Whoever began both may die before it has done anything else.
      const partial = await partialOf();
      expect(proxy.seen.filter(isCreate)).toHaveLength(2);
      for (const number of [1, 2, 3]) await write(partial, number);
      await publish(partial);
      expect(await uploadsOnDisk(server)).toEqual(before);
    });

    test('is freed where it begins after the next attempt has begun its own', async () => {
      const before = await uploadsOnDisk(server);
      await leave();
      const partial = await partialOf();
      await leave('partials/late');
      for (const number of [1, 2, 3]) await write(partial, number);
      await publish(partial);
      expect(await uploadsOnDisk(server)).toEqual(before);
    });

    test('is alone in being freed: others of the same key stay, older ones and those that hold a part', async () => {
      const older = await store.openPartial({path: 'partials/older', size: SIZE, intended: {destination: 'file'}});
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      await leave();
      const busy = await store.openPartial({path: 'partials/busy', size: SIZE, intended: {destination: 'file'}});
      await write(busy, 1);
      await partialOf();
      await store.remove('partials/p');
      await write(busy, 2);
      await write(older, 1);
      for (const name of ['older', 'busy']) await store.remove(`partials/${name}`);
    });

    test('stays where the keys may not list uploads, and holds nothing up', async () => {
      await leave();
      proxy.plan((seen) =>
        seen.method === 'GET' && seen.path.includes('uploads=')
          ? {kind: 'answer', status: 403, code: 'AccessDenied'}
          : undefined,
      );
      const partial = await partialOf();
      for (const number of [1, 2, 3]) await write(partial, number);
      await publish(partial);
      expect(await digestOf('file')).toBe(sha256(content));
    });
  });

  test('a source that is replaced while it is read is noticed', async () => {
    await store.putObject('object', content.subarray(0, 1_000_000));
    const source = await store.openSource('object');
    await store.putObject('object', content.subarray(1, 1_000_001));
    await expect(source.read(300_000, 700_000)).rejects.toMatchObject({code: 'source.changed'});
  });

  test.each([-1, 1])('a clock that is wrong by %i h is corrected by what the server says', async (hours) => {
    vi.useFakeTimers({toFake: ['Date'], now: Date.now() + hours * 3_600_000});
    const skewed = opened();
    expect(await skewed.stat('nothing')).toBeUndefined();
    await skewed.putObject('object', Buffer.from('x'));
    expect(await skewed.getObject('object', 10)).toEqual(Buffer.from('x'));
  });

  test('a server that refuses its own time, too, is a matter of clocks', async () => {
    proxy.plan(() => ({kind: 'answer', status: 403, code: 'RequestTimeTooSkewed'}));
    await expect(store.getObject('object', 10)).rejects.toMatchObject({code: 'store.clock-skewed'});
    expect(proxy.seen).toHaveLength(2);
  });

  test('credentials that have expired are asked for once more, and are a refusal where they are the same', async () => {
    let asked = 0;
    const renewed = opened({
      credentials: async () => {
        asked += 1;
        return server.credentials;
      },
    });
    proxy.plan(first(1, () => true, {kind: 'answer', status: 400, code: 'ExpiredToken'}));
    await renewed.putObject('object', Buffer.from('x'));
    expect(asked).toBe(proxy.seen.length);
    proxy.plan(() => ({kind: 'answer', status: 400, code: 'ExpiredToken'}));
    const refused = {code: 'store.permission-denied', retryable: false};
    await expect(renewed.getObject('object', 10)).rejects.toMatchObject(refused);
    expect(proxy.seen).toHaveLength(2);
    await expect(store.getObject('object', 10)).rejects.toMatchObject(refused);
    expect(proxy.seen).toHaveLength(3);
  });

  test.each([
    ['503 SlowDown', {kind: 'answer', status: 503, code: 'SlowDown'}],
    ['500 InternalError', {kind: 'answer', status: 500, code: 'InternalError'}],
    ['an error behind a status of 200', {kind: 'answer', status: 200, code: 'InternalError'}],
  ] as const)('a complete that meets %s is asked for again', async (__, fault) => {
    const partial = await partialOf();
    for (const number of [1, 2, 3]) await write(partial, number);
    proxy.plan(first(2, isComplete, fault));
    await publish(partial);
    expect(proxy.seen.filter(isComplete)).toHaveLength(3);
    expect(await digestOf('file')).toBe(sha256(content));
  });

  test.each([
    ['503 SlowDown', {kind: 'answer', status: 503, code: 'SlowDown'}],
    ['500 InternalError', {kind: 'answer', status: 500, code: 'InternalError'}],
    ['half an answer', {kind: 'truncate'}],
  ] as const)('whatever is asked, %s is not the last word', async (__, fault) => {
    for (const name of ['tree/a', 'tree/b']) await store.putObject(name, Buffer.from(name));
    // Every second request: each is tried again, and none twice.
    let requests = 0;
    proxy.plan(() => ((requests += 1) % 2 === 1 ? fault : undefined));
    expect((await collect(store.list('tree'))).map((entry) => entry.name)).toEqual(['a', 'b']);
    expect(await store.getObject('tree/a', 10)).toEqual(Buffer.from('tree/a'));
    await store.removeTree('tree');
    expect(await store.stat('tree')).toBeUndefined();
  });

  test('an object whose length is not told is not taken for an empty one', async () => {
    await store.putObject('object', content.subarray(0, 1000));
    proxy.plan(({path}) => (path.endsWith('/object') ? {kind: 'chunked'} : undefined));
    await expect(store.stat('object')).rejects.toMatchObject({code: 'store.io'});
    const source = await store.openSource('object');
    expect(sha256(await source.read(0, 2000))).toBe(sha256(content.subarray(0, 1000)));
  });

  test('an answer that does not say how long it is is read as far as it may be', async () => {
    await store.putObject('object', content.subarray(0, 1_000_000));
    proxy.plan((seen) => (isGet('object')(seen) ? {kind: 'chunked'} : undefined));
    await expect(store.getObject('object', 1000)).rejects.toMatchObject({code: 'store.io'});
    expect(sha256((await store.getObject('object', 1_000_000)) ?? Buffer.alloc(0))).toBe(
      sha256(content.subarray(0, 1_000_000)),
    );
  });

  test('a listing that goes on and does not say where is not taken for a whole one', async () => {
    const listed = '<Contents><Key>run/tree/a</Key><Size>1</Size></Contents>';
    const body = `<ListBucketResult><IsTruncated>true</IsTruncated>${listed}</ListBucketResult>`;
    proxy.plan(() => ({kind: 'body', body}));
    await expect(collect(store.list('tree', {attributes: false}))).rejects.toMatchObject({code: 'store.io'});
  });

  test('a key that the server keeps is told, also behind one that was gone', async () => {
    for (const name of ['tree/a', 'tree/b']) await store.putObject(name, Buffer.from(name));
    const error = (code: string) => `<Error><Key>${code}</Key><Code>${code}</Code><Message>no</Message></Error>`;
    const body = `<DeleteResult>${error('NoSuchKey')}${error('AccessDenied')}</DeleteResult>`;
    proxy.plan(({path}) => (path.includes('delete=') ? {kind: 'body', body} : undefined));
    await expect(store.removeTree('tree')).rejects.toMatchObject({code: 'store.permission-denied'});
  });

  test('a conditional put that meets another one is sent again', async () => {
    proxy.plan(first(2, isPut('object'), {kind: 'answer', status: 409, code: 'ConditionalRequestConflict'}));
    expect(await store.putObject('object', Buffer.from('mine'), {ifAbsent: true})).toBe(true);
    const partial = await partialOf();
    for (const number of [1, 2, 3]) await write(partial, number);
    proxy.plan(first(1, isComplete, {kind: 'answer', status: 409, code: 'ConditionalRequestConflict'}));
    await publish(partial);
    expect(await digestOf('file')).toBe(sha256(content));
  });

  test('a server that keeps no checksums shows what it holds by its ETags', async () => {
    const partial = await partialOf();
    proxy.plan(() => ({kind: 'no-checksums'}));
    for (const number of [1, 2]) await write(partial, number);
    const again = await partialOf();
    const range = {offset: PART, length: PART};
    expect(await collect(again.hash([range]))).toEqual([undefined]);
    const other = patterned(PART, 99);
    expect(again.holds?.(PART, other, sha256(other))).toBe(false);
    expect(again.holds?.(PART, part(2), sha256(part(2)))).toBe(true);
    expect(again.holds?.(2 * PART, part(3), sha256(part(3)))).toBe(false);
    expect(await collect(again.hash([range]))).toEqual([sha256(part(2))]);
  });

  test('credentials that the server does not know are a refusal', async () => {
    const stranger = opened({credentials: {accessKeyId: 'nobody', secretAccessKey: 'nothing'}});
    await expect(stranger.getObject('object', 10)).rejects.toMatchObject({code: 'store.permission-denied'});
  });

  test('a server that is killed between two parts and started again goes on where it was', async () => {
    const partial = await partialOf();
    await write(partial, 1);
    await server.kill();
    await expect(write(partial, 2)).rejects.toMatchObject({code: 'store.unavailable'});
    await server.start();
    const again = await partialOf();
    expect(again.foundBytes).toBe(PART);
    expect(await collect(again.hash([{offset: 0, length: PART}]))).toEqual([sha256(part(1))]);
    for (const number of [2, 3]) await write(again, number);
    await publish(again);
    expect(await digestOf('file')).toBe(sha256(content));
  });
});
