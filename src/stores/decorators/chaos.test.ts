import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {describeStoreContract} from '../contract/describe-store-contract.js';
import {diskDirectory, type Medium} from '../contract/media.js';
import {openLocalStore} from '../local/store.js';
import type {Store} from '../store.js';
import {type ChaosRule, withChaos} from './chaos.js';

describeStoreContract({
  name: 'local behind chaos',
  make: async () => {
    const medium = await diskDirectory();
    const rule: ChaosRule = {method: 'stat', after: Number.MAX_SAFE_INTEGER, how: 'fail'};
    return {
      store: withChaos(openLocalStore({name: 'local', root: medium.path}), [rule]),
      disk: medium.path,
      cleanUp: medium.remove,
    };
  },
});

describe('chaos', () => {
  let medium: Medium;
  let calm: Store;
  beforeEach(async () => {
    medium = await diskDirectory();
    calm = openLocalStore({name: 'local', root: medium.path});
    await calm.putObject('object', Buffer.from('abcdef'));
  });
  afterEach(() => medium.remove());

  test('fails the calls that it is told to and no others', async () => {
    const store = withChaos(calm, [{method: 'stat', after: 1, times: 2, how: 'fail', code: 'store.io'}]);
    const outcomes = [];
    for (let call = 0; call < 5; call += 1) {
      outcomes.push(
        await store.stat('object').then(
          () => 'well',
          (error: unknown) => error,
        ),
      );
    }
    const failure: unknown = expect.objectContaining({code: 'store.io', path: 'object'});
    expect(outcomes).toEqual(['well', failure, failure, 'well', 'well']);
    expect(await store.getObject('object', 10)).toHaveLength(6);
  });

  test('loses an answer after the call was made', async () => {
    const store = withChaos(calm, [{method: 'remove', how: 'lose-answer'}]);
    await expect(store.remove('object')).rejects.toMatchObject({code: 'store.unavailable'});
    expect(await calm.stat('object')).toBeUndefined();
  });

  test('cuts a write in half', async () => {
    const store = withChaos(calm, [{method: 'partial.write', after: 1, how: 'cut'}]);
    const partial = await store.openPartial({path: 'partial', size: 8});
    await partial.write(0, Buffer.from('1234'));
    await expect(partial.write(4, Buffer.from('5678'))).rejects.toMatchObject({code: 'store.unavailable'});
    await partial.close();
    expect(Buffer.from((await calm.getObject('partial', 10)) ?? []).toString()).toBe('123456');
  });

  test('corrupts what is written and what is read', async () => {
    const store = withChaos(calm, [
      {method: 'putObject', how: 'corrupt'},
      {method: 'source.read', how: 'corrupt'},
    ]);
    const content = Buffer.from('abcdef');
    await store.putObject('written', content);
    expect(content.toString()).toBe('abcdef');
    expect(Buffer.from((await calm.getObject('written', 10)) ?? []).toString()).toBe('abceef');
    const source = await store.openSource('object');
    expect(Buffer.from(await source.read(0, 6)).toString()).toBe('abceef');
    expect(Buffer.from(await source.read(0, 6)).toString()).toBe('abcdef');
    await source.close();
  });
});
