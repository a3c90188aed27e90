import {expect, test} from 'vitest';
import {collect, patterned, sha256} from '../../src/stores/contract/subject.js';
import {first, type Seen} from '../servers/fault-proxy.js';
import {describeFaultyS3, isPut, LARGE_BYTES, largeContent, PART_BYTES, partOf} from './faulty-s3.js';

const isPart = ({method, path}: Seen): boolean => method === 'PUT' && path.includes('partNumber=');
const isComplete = ({method, path}: Seen): boolean => method === 'POST' && path.includes('uploadId=');

describeFaultyS3('an upload', (s3) => {
  test.each([
    ['503 SlowDown', {kind: 'answer', status: 503, code: 'SlowDown'}],
    ['500 InternalError', {kind: 'answer', status: 500, code: 'InternalError'}],
    ['a reset', {kind: 'reset'}],
    ['a lost answer', {kind: 'lost-answer'}],
    ['a bit turned on the way', {kind: 'flip'}],
  ] as const)('a part that meets %s is sent again, and the file is right', async (_, fault) => {
    const partial = await s3.openPartial();
    s3.proxy.plan(first(2, isPart, fault));
    await s3.writeAll(partial);
    expect(s3.proxy.seen.filter(isPart)).toHaveLength(5);
    await s3.publish(partial);
    expect(await s3.digestOf('file')).toBe(sha256(largeContent));
  });

  test('a part that is corrupted each time is refused by the server, and never published', async () => {
    const partial = await s3.openPartial();
    s3.proxy.plan((seen) => (isPart(seen) ? {kind: 'flip'} : undefined));
    await expect(s3.write(partial, 1)).rejects.toMatchObject({code: 'transfer.checksum-mismatch'});
    expect((await s3.store.stat('partials/p'))?.size).toBe(0);
    await expect(s3.publish(partial)).rejects.toMatchObject({code: 'transfer.checksum-mismatch'});
    expect(await s3.store.stat('file')).toBeUndefined();
  });

  test('a part that came back under a wrong ETag is judged by the digest that the server lists', async () => {
    const partial = await s3.openPartial();
    await s3.writeAll(partial);
    s3.proxy.plan(first(1, isPart, {kind: 'wrong-etag'}));
    await s3.write(partial, 2);
    await s3.publish(partial);
    expect(await s3.digestOf('file')).toBe(sha256(largeContent));
  });

  test('a server that stays away is unavailable after the policy’s tries, and loses nothing', async () => {
    const partial = await s3.openPartial();
    await s3.write(partial, 1);
    s3.proxy.plan((seen) => (isPart(seen) ? {kind: 'answer', status: 503, code: 'SlowDown'} : undefined));
    await expect(s3.write(partial, 2)).rejects.toMatchObject({code: 'store.unavailable', retryable: true});
    expect(s3.proxy.seen).toHaveLength(6);
    s3.proxy.plan(() => undefined);
    expect((await s3.openPartial()).foundBytes).toBe(PART_BYTES);
  });

  test('a refusal is not tried again, and named', async () => {
    s3.proxy.plan(() => ({kind: 'answer', status: 403, code: 'AccessDenied'}));
    const partial = s3.store.openPartial({path: 'partials/p', size: LARGE_BYTES, intended: {destination: 'file'}});
    await expect(partial).rejects.toMatchObject({code: 'store.permission-denied', retryable: false});
    expect(s3.proxy.seen).toHaveLength(1);
  });

  test('the reason of an early refusal is read although the body was not', async () => {
    const partial = await s3.openPartial();
    for (let round = 0; round < 10; round += 1) {
      s3.proxy.plan(first(1, isPart, {kind: 'answer', status: 403, code: 'AccessDenied'}));
      await expect(s3.write(partial, 1)).rejects.toMatchObject({code: 'store.permission-denied'});
    }
  });

  test.each(['keep', 'replace'] as const)(
    'a complete whose answer is lost is found in the object (%s)',
    async (ifExists) => {
      const partial = await s3.openPartial();
      await s3.writeAll(partial);
      s3.proxy.plan(first(1, isComplete, {kind: 'lost-answer'}));
      await s3.publish(partial, ifExists);
      expect(await s3.digestOf('file')).toBe(sha256(largeContent));
      await expect(s3.publish(partial, ifExists)).rejects.toMatchObject({code: 'transfer.partial-consumed'});
    },
  );

  test('a complete that the server only agrees to, as another attempt is at it, is none of this one', async () => {
    await s3.store.putObject('file', Buffer.from('an older file'));
    const partial = await s3.openPartial();
    await s3.writeAll(partial);
    s3.proxy.plan(first(1, isComplete, {kind: 'body', body: '<CompleteMultipartUploadResult/>'}));
    await expect(s3.publish(partial, 'replace')).rejects.toMatchObject({code: 'transfer.partial-consumed'});
    expect(await s3.digestOf('file')).toBe(sha256(Buffer.from('an older file')));
    await s3.publish(await s3.openPartial(), 'replace');
    expect(await s3.digestOf('file')).toBe(sha256(largeContent));
  });

  test.each([
    ['503 SlowDown', {kind: 'answer', status: 503, code: 'SlowDown'}],
    ['500 InternalError', {kind: 'answer', status: 500, code: 'InternalError'}],
    ['an error behind a status of 200', {kind: 'answer', status: 200, code: 'InternalError'}],
  ] as const)('a complete that meets %s is asked for again', async (_, fault) => {
    const partial = await s3.openPartial();
    await s3.writeAll(partial);
    s3.proxy.plan(first(2, isComplete, fault));
    await s3.publish(partial);
    expect(s3.proxy.seen.filter(isComplete)).toHaveLength(3);
    expect(await s3.digestOf('file')).toBe(sha256(largeContent));
  });

  test('a conditional put that meets another one is sent again', async () => {
    s3.proxy.plan(first(2, isPut('object'), {kind: 'answer', status: 409, code: 'ConditionalRequestConflict'}));
    expect(await s3.store.putObject('object', Buffer.from('mine'), {ifAbsent: true})).toBe(true);
    const partial = await s3.openPartial();
    await s3.writeAll(partial);
    s3.proxy.plan(first(1, isComplete, {kind: 'answer', status: 409, code: 'ConditionalRequestConflict'}));
    await s3.publish(partial);
    expect(await s3.digestOf('file')).toBe(sha256(largeContent));
  });

  test('a record that another attempt deletes at the same time is gone, as it should be', async () => {
    const partial = await s3.openPartial();
    await s3.writeAll(partial);
    const deletes = ({method}: Seen): boolean => method === 'DELETE';
    s3.proxy.plan(first(1, deletes, {kind: 'answer', status: 404, code: 'NoSuchKey'}));
    await s3.publish(partial);
    expect(await s3.digestOf('file')).toBe(sha256(largeContent));
  });

  test('a server that keeps no checksums shows what it holds by its ETags', async () => {
    const partial = await s3.openPartial();
    s3.proxy.plan(() => ({kind: 'no-checksums'}));
    for (const number of [1, 2]) await s3.write(partial, number);
    const again = await s3.openPartial();
    const range = {offset: PART_BYTES, length: PART_BYTES};
    expect(await collect(again.hash([range]))).toEqual([undefined]);
    const other = patterned(PART_BYTES, 99);
    expect(again.holds?.(PART_BYTES, other, sha256(other))).toBe(false);
    expect(again.holds?.(PART_BYTES, partOf(2), sha256(partOf(2)))).toBe(true);
    expect(again.holds?.(2 * PART_BYTES, partOf(3), sha256(partOf(3)))).toBe(false);
    expect(await collect(again.hash([range]))).toEqual([sha256(partOf(2))]);
  });

  test('a server that is killed between two parts and started again goes on where it was', async () => {
    const partial = await s3.openPartial();
    await s3.write(partial, 1);
    await s3.server.kill();
    await expect(s3.write(partial, 2)).rejects.toMatchObject({code: 'store.unavailable'});
    await s3.server.start();
    const again = await s3.openPartial();
    expect(again.foundBytes).toBe(PART_BYTES);
    expect(await collect(again.hash([{offset: 0, length: PART_BYTES}]))).toEqual([sha256(partOf(1))]);
    for (const number of [2, 3]) await s3.write(again, number);
    await s3.publish(again);
    expect(await s3.digestOf('file')).toBe(sha256(largeContent));
  });
});
