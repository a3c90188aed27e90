import {expect, test, vi} from 'vitest';
import {collect, sha256} from '../../src/stores/contract/subject.js';
import {first, type Seen} from '../servers/fault-proxy.js';
import {describeFaultyS3, isPut, largeContent} from './faulty-s3.js';

const isGet = (name: string) => (seen: Seen) => seen.method === 'GET' && seen.path.endsWith(`/${name}`);

describeFaultyS3('answers', (s3) => {
  test('a conditional put whose answer is lost has won, and one that lost has not', async () => {
    s3.proxy.plan(first(1, isPut('object'), {kind: 'lost-answer'}));
    expect(await s3.store.putObject('object', Buffer.from('mine'), {ifAbsent: true})).toBe(true);
    s3.proxy.plan(first(1, isPut('object'), {kind: 'reset'}));
    expect(await s3.store.putObject('object', Buffer.from('other'), {ifAbsent: true})).toBe(false);
    expect(await s3.store.getObject('object', 10)).toEqual(Buffer.from('mine'));
  });

  test('an answer that is cut off is read again', async () => {
    await s3.store.putObject('object', largeContent.subarray(0, 1_000_000));
    const source = await s3.store.openSource('object');
    s3.proxy.plan(first(2, isGet('object'), {kind: 'truncate'}));
    expect(sha256(await source.read(300_000, 700_000))).toBe(sha256(largeContent.subarray(300_000, 1_000_000)));
    expect(s3.proxy.seen).toHaveLength(3);
    s3.proxy.plan((seen) => (isGet('object')(seen) ? {kind: 'truncate'} : undefined));
    await expect(source.read(300_000, 700_000)).rejects.toMatchObject({code: 'store.unavailable'});
  });

  test('a source that is replaced while it is read is noticed', async () => {
    await s3.store.putObject('object', largeContent.subarray(0, 1_000_000));
    const source = await s3.store.openSource('object');
    await s3.store.putObject('object', largeContent.subarray(1, 1_000_001));
    await expect(source.read(300_000, 700_000)).rejects.toMatchObject({code: 'source.changed'});
  });

  test('an object whose length is not told is not taken for an empty one', async () => {
    await s3.store.putObject('object', largeContent.subarray(0, 1000));
    s3.proxy.plan(({path}) => (path.endsWith('/object') ? {kind: 'chunked'} : undefined));
    await expect(s3.store.stat('object')).rejects.toMatchObject({code: 'store.io'});
    const source = await s3.store.openSource('object');
    expect(sha256(await source.read(0, 2000))).toBe(sha256(largeContent.subarray(0, 1000)));
  });

  test('an answer that does not say how long it is is read as far as it may be', async () => {
    await s3.store.putObject('object', largeContent.subarray(0, 1_000_000));
    s3.proxy.plan((seen) => (isGet('object')(seen) ? {kind: 'chunked'} : undefined));
    await expect(s3.store.getObject('object', 1000)).rejects.toMatchObject({code: 'store.io'});
    expect(sha256((await s3.store.getObject('object', 1_000_000)) ?? Buffer.alloc(0))).toBe(
      sha256(largeContent.subarray(0, 1_000_000)),
    );
  });

  test.each([
    ['503 SlowDown', {kind: 'answer', status: 503, code: 'SlowDown'}],
    ['500 InternalError', {kind: 'answer', status: 500, code: 'InternalError'}],
    ['half an answer', {kind: 'truncate'}],
  ] as const)('whatever is asked, %s is not the last word', async (_, fault) => {
    for (const name of ['tree/a', 'tree/b']) await s3.store.putObject(name, Buffer.from(name));
    // Every second request: each is tried again, and none twice.
    let requests = 0;
    s3.proxy.plan(() => ((requests += 1) % 2 === 1 ? fault : undefined));
    expect((await collect(s3.store.list('tree'))).map((entry) => entry.name)).toEqual(['a', 'b']);
    expect(await s3.store.getObject('tree/a', 10)).toEqual(Buffer.from('tree/a'));
    await s3.store.removeTree('tree');
    expect(await s3.store.stat('tree')).toBeUndefined();
  });

  test('a listing that goes on and does not say where is not taken for a whole one', async () => {
    const listed = '<Contents><Key>run/tree/a</Key><Size>1</Size></Contents>';
    const body = `<ListBucketResult><IsTruncated>true</IsTruncated>${listed}</ListBucketResult>`;
    s3.proxy.plan(() => ({kind: 'body', body}));
    await expect(collect(s3.store.list('tree', {attributes: false}))).rejects.toMatchObject({code: 'store.io'});
  });

  test('a key that the server keeps is told, also behind one that was gone', async () => {
    for (const name of ['tree/a', 'tree/b']) await s3.store.putObject(name, Buffer.from(name));
    const error = (code: string) => `<Error><Key>${code}</Key><Code>${code}</Code><Message>no</Message></Error>`;
    const body = `<DeleteResult>${error('NoSuchKey')}${error('AccessDenied')}</DeleteResult>`;
    s3.proxy.plan(({path}) => (path.includes('delete=') ? {kind: 'body', body} : undefined));
    await expect(s3.store.removeTree('tree')).rejects.toMatchObject({code: 'store.permission-denied'});
  });

  test.each([-1, 1])('a clock that is wrong by %i h is corrected by what the server says', async (hours) => {
    vi.useFakeTimers({toFake: ['Date'], now: Date.now() + hours * 3_600_000});
    const skewed = s3.open();
    expect(await skewed.stat('nothing')).toBeUndefined();
    await skewed.putObject('object', Buffer.from('x'));
    expect(await skewed.getObject('object', 10)).toEqual(Buffer.from('x'));
  });

  test('a server that refuses its own time, too, is a matter of clocks', async () => {
    s3.proxy.plan(() => ({kind: 'answer', status: 403, code: 'RequestTimeTooSkewed'}));
    await expect(s3.store.getObject('object', 10)).rejects.toMatchObject({code: 'store.clock-skewed'});
    expect(s3.proxy.seen).toHaveLength(2);
  });

  test('credentials that have expired are asked for once more, and are a refusal where they are the same', async () => {
    let asked = 0;
    const renewed = s3.open({
      credentials: async () => {
        asked += 1;
        return s3.server.credentials;
      },
    });
    s3.proxy.plan(first(1, () => true, {kind: 'answer', status: 400, code: 'ExpiredToken'}));
    await renewed.putObject('object', Buffer.from('x'));
    expect(asked).toBe(s3.proxy.seen.length);
    s3.proxy.plan(() => ({kind: 'answer', status: 400, code: 'ExpiredToken'}));
    const refused = {code: 'store.permission-denied', retryable: false};
    await expect(renewed.getObject('object', 10)).rejects.toMatchObject(refused);
    expect(s3.proxy.seen).toHaveLength(2);
    await expect(s3.store.getObject('object', 10)).rejects.toMatchObject(refused);
    expect(s3.proxy.seen).toHaveLength(3);
  });

  test('credentials that the server does not know are a refusal', async () => {
    const stranger = s3.open({credentials: {accessKeyId: 'nobody', secretAccessKey: 'nothing'}});
    await expect(stranger.getObject('object', 10)).rejects.toMatchObject({code: 'store.permission-denied'});
  });
});
