import {expect, test} from 'vitest';
import {describeStoreContract} from '../contract/describe-store-contract.js';
import {diskDirectory} from '../contract/media.js';
import {collect} from '../contract/subject.js';
import {openLocalStore} from '../local/store.js';
import {type StoreEvent, withLog} from './logged.js';

describeStoreContract({
  name: 'local behind logged',
  make: async () => {
    const medium = await diskDirectory();
    const store = withLog(openLocalStore({name: 'local', root: medium.path}), () => undefined);
    return {store, disk: medium.path, cleanUp: medium.remove};
  },
});

test('tells every call with its path, bytes and failure, and no content', async () => {
  const medium = await diskDirectory();
  const events: StoreEvent[] = [];
  const store = withLog(openLocalStore({name: 'here', root: medium.path}), (event) => events.push(event));
  await store.putObject('object', Buffer.from('secret'));
  await expect(store.readLink('missing')).rejects.toMatchObject({code: 'store.not-found'});
  await collect(store.list(''));
  const told = events.map(({method, path, bytes, failure}) => [method, path, bytes, failure]);
  expect(told).toEqual([
    ['putObject', 'object', 6, undefined],
    ['readLink', 'missing', undefined, 'store.not-found'],
    ['list', '', undefined, undefined],
    ['list', '', undefined, undefined],
  ]);
  expect(JSON.stringify(events)).not.toContain('secret');
  for (const {milliseconds, store: name} of events) {
    expect(milliseconds).toBeGreaterThanOrEqual(0);
    expect(name).toBe('here');
  }
  await medium.remove();
});
