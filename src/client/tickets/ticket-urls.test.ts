import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {WaybillError} from '../../contracts/errors.js';
import type {TicketBatch} from '../../contracts/tickets.js';
import {TicketUrls} from './ticket-urls.js';

/** Numbers its tickets. */
function office(validForMs: number) {
  const batches: string[][] = [];
  let issued = 0;
  const urls = new TicketUrls(async ({requests}: TicketBatch) => {
    batches.push(requests.map(({method, key}) => `${method} ${key}`));
    await sleep(5);
    return {urls: requests.map(() => `url-${++issued}`), expiresAt: '', validForMs};
  });
  const get = (key: string, refused?: string) =>
    urls.presigned({method: 'GET', key, headers: {}}, refused === undefined ? {} : {refused});
  const put = (key: string) => urls.presigned({method: 'PUT', key, headers: {}}, {});
  return {urls, batches, get, put};
}

test('what is asked for in one turn goes in one batch, and what comes meanwhile in few', async () => {
  const {put, batches} = office(60_000);
  const first = Promise.all([put('a'), put('b')]);
  await sleep(2);
  const rest = Array.from({length: 1200}, (_, index) => put(String(index)));
  expect(await first).toEqual(['url-1', 'url-2']);
  expect(new Set(await Promise.all(rest)).size).toBe(1200);
  expect(batches.map(({length}) => length)).toEqual([2, 500, 500, 200]);
});

test('a ticket for reading is used again, one for writing never', async () => {
  const {get, put, batches} = office(60_000);
  expect([await get('a'), await get('a')]).toEqual(['url-1', 'url-1']);
  expect([await put('a'), await put('a')]).toEqual(['url-2', 'url-3']);
  expect(batches).toHaveLength(3);
});

test('one that ran out, or that the server refused, is replaced', async () => {
  const {get} = office(50);
  expect(await get('a')).toBe('url-1');
  expect(await get('a', 'url-1')).toBe('url-2');
  await sleep(60);
  expect(await get('a')).toBe('url-3');
});

test('what was announced comes with what is needed', async () => {
  const {urls, get, batches} = office(60_000);
  urls.announce(['a', 'b', 'c']);
  await get('b');
  await Promise.all([get('a'), get('c')]);
  expect(batches).toEqual([['GET b', 'GET a', 'GET c']]);
});

test('a batch that fails fails for those who wait, and the next one is tried', async () => {
  let fails = true;
  const urls = new TicketUrls(async ({requests}) => {
    if (fails) throw new Error('nobody there');
    return {urls: requests.map(() => 'url'), expiresAt: '', validForMs: 1000};
  });
  await expect(urls.presigned({method: 'PUT', key: 'a', headers: {}}, {})).rejects.toThrow('nobody there');
  fails = false;
  expect(await urls.presigned({method: 'PUT', key: 'a', headers: {}}, {})).toBe('url');
});

test('a request that is refused fails alone', async () => {
  const urls = new TicketUrls(async ({requests}) => {
    const large = requests.find(({key}) => key?.startsWith('large'));
    if (large !== undefined) throw new WaybillError('ticket.refused', `${large.key} is too large`);
    return {urls: requests.map(({key}) => `url of ${key}`), expiresAt: '', validForMs: 1000};
  });
  const put = (key: string) => urls.presigned({method: 'PUT', key, headers: {}}, {});
  const [a, one, b, two] = await Promise.allSettled([put('a'), put('large-1'), put('b'), put('large-2')]);
  expect([a, b]).toEqual(['a', 'b'].map((key) => ({status: 'fulfilled', value: `url of ${key}`})));
  expect(one).toMatchObject({reason: {message: 'large-1 is too large'}});
  expect(two).toMatchObject({reason: {message: 'large-2 is too large'}});
});
