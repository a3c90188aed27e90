import {describe, expect, test} from 'vitest';
import {sha256} from '../../src/stores/contract/subject.js';
import {first, type Seen} from '../servers/fault-proxy.js';
import {uploadsOnDisk} from '../servers/s3-server.js';
import {describeFaultyS3, isPut, LARGE_BYTES, largeContent} from './faulty-s3.js';

const isCreate = ({method, path}: Seen): boolean => method === 'POST' && path.includes('?uploads=');

describeFaultyS3('uploads that nobody knows', (s3) => {
  test('an upload whose record is refused is taken back', async () => {
    const before = await uploadsOnDisk(s3.server);
    const isCreated = (): boolean => s3.proxy.seen.some(isCreate);
    const refused = {kind: 'answer', status: 403, code: 'AccessDenied'} as const;
    s3.proxy.plan((seen) => (isPut('p')(seen) && isCreated() ? refused : undefined));
    await expect(s3.openPartial()).rejects.toMatchObject({code: 'store.permission-denied'});
    expect(s3.proxy.seen.filter(isCreate)).toHaveLength(1);
    expect(await uploadsOnDisk(s3.server)).toEqual(before);
  });

  test('an upload that begins while its caller gives up is taken back', async () => {
    const before = await uploadsOnDisk(s3.server);
    const givenUp = new AbortController();
    s3.proxy.plan((seen) => {
      if (isCreate(seen)) givenUp.abort(new Error('given up'));
      return undefined;
    });
    await expect(s3.openPartial({signal: givenUp.signal})).rejects.toThrow('given up');
    expect(s3.proxy.seen.filter(isCreate)).toHaveLength(1);
    expect(await uploadsOnDisk(s3.server)).toEqual(before);
  });

  describe('an upload whose id nobody has noted', () => {
    /** The server has begun it, and whoever asked it has died before the answer. */
    async function leave(path = 'partials/p', destination = 'file'): Promise<void> {
      s3.proxy.plan(first(1, isCreate, {kind: 'lost-answer'}));
      const spec = {path, size: LARGE_BYTES, intended: {destination}};
      const opening = s3.open({retries: {tries: 1}}).openPartial(spec);
      await expect(opening).rejects.toMatchObject({code: 'store.unavailable'});
      s3.proxy.plan(() => undefined);
    }

    test('is freed by the attempt that comes next', async () => {
      const before = await uploadsOnDisk(s3.server);
      await leave();
      expect((await s3.store.stat('partials/p'))?.size).toBe(0);
      const partial = await s3.openPartial();
      await s3.writeAll(partial);
      await s3.publish(partial);
      expect(await s3.digestOf('file')).toBe(sha256(largeContent));
      expect(await uploadsOnDisk(s3.server)).toEqual(before);
    });

    test('is freed by a later attempt where several died so', async () => {
      const before = await uploadsOnDisk(s3.server);
      await leave();
      await leave();
      await s3.openPartial();
      await s3.store.remove('partials/p');
      expect(await uploadsOnDisk(s3.server)).toEqual(before);
    });

    test.each([
      ['its partial', () => s3.store.remove('partials/p')],
      ['the directory of partials', () => s3.store.removeTree('partials')],
    ])('is freed with %s', async (_, remove) => {
      const before = await uploadsOnDisk(s3.server);
      await leave();
      await remove();
      expect(await uploadsOnDisk(s3.server)).toEqual(before);
    });

    test.each(['file', 'é', '🚢'])(
      'goes with the directory of partials, as one that is noted does: %s',
      async (name) => {
        const before = await uploadsOnDisk(s3.server);
        await leave('partials/p', name);
        const noted = {path: 'partials/noted', size: LARGE_BYTES, intended: {destination: name}};
        await s3.write(await s3.store.openPartial(noted), 1);
        await s3.store.removeTree('partials');
        expect(await uploadsOnDisk(s3.server)).toEqual(before);
      },
    );

    test('is freed where the second try of the same request begins another one', async () => {
      const before = await uploadsOnDisk(s3.server);
      s3.proxy.plan(first(1, isCreate, {kind: 'lost-answer'}));
      await s3.openPartial();
      expect(s3.proxy.seen.filter(isCreate)).toHaveLength(2);
      // Whoever began both may die before it has done anything else.
      const partial = await s3.openPartial();
      expect(s3.proxy.seen.filter(isCreate)).toHaveLength(2);
      await s3.writeAll(partial);
      await s3.publish(partial);
      expect(await uploadsOnDisk(s3.server)).toEqual(before);
    });

    test('is freed where it begins after the next attempt has begun its own', async () => {
      const before = await uploadsOnDisk(s3.server);
      await leave();
      const partial = await s3.openPartial();
      await leave('partials/late');
      await s3.writeAll(partial);
      await s3.publish(partial);
      expect(await uploadsOnDisk(s3.server)).toEqual(before);
    });

    test('is alone in being freed: others of the same key stay, older ones and those that hold a part', async () => {
      const older = await s3.store.openPartial({
        path: 'partials/older',
        size: LARGE_BYTES,
        intended: {destination: 'file'},
      });
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      await leave();
      const busy = await s3.store.openPartial({
        path: 'partials/busy',
        size: LARGE_BYTES,
        intended: {destination: 'file'},
      });
      await s3.write(busy, 1);
      await s3.openPartial();
      await s3.store.remove('partials/p');
      await s3.write(busy, 2);
      await s3.write(older, 1);
      for (const name of ['older', 'busy']) await s3.store.remove(`partials/${name}`);
    });

    test('stays where the keys may not list uploads, and holds nothing up', async () => {
      await leave();
      s3.proxy.plan((seen) =>
        seen.method === 'GET' && seen.path.includes('uploads=')
          ? {kind: 'answer', status: 403, code: 'AccessDenied'}
          : undefined,
      );
      const partial = await s3.openPartial();
      await s3.writeAll(partial);
      await s3.publish(partial);
      expect(await s3.digestOf('file')).toBe(sha256(largeContent));
    });
  });
});
