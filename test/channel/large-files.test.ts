import {mkdir, open, readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {ChannelPlace, millisecondsOf} from './channel-place.js';

let place: ChannelPlace;
beforeAll(async () => {
  place = await ChannelPlace.open();
});
afterAll(() => place.close());

const GIBIBYTE = 1024 ** 3;
/** Of memory, for a gibibyte: what is under way, and what waits for the garbage collector. */
const MOST_GROWN = 300 * 1024 ** 2;
const DIGEST_OF_ITS_ZEROS = '49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14';

/** How much memory this process took beyond what it had, at most, while it worked. */
async function grownBy(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
  try {
    await work();
  } finally {
    clearInterval(looking);
  }
  return most - before;
}

async function makeFile(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(bytes);
}

/** Within five minutes, proved, and in little memory. */
async function copiesGibibyte(way: 'sends' | 'fetches'): Promise<void> {
  const {from, to, copy} = place[way];
  await makeFile(join(from, 'gibibyte'), GIBIBYTE);
  let grown = 0;
  const taken = await millisecondsOf(async () => {
    grown = await grownBy(async () => {
      const {outcomes} = await copy('gibibyte', 'arrived');
      expect(outcomes).toMatchObject([
        {outcome: 'copied', verified: 'sha256', size: GIBIBYTE, sha256: DIGEST_OF_ITS_ZEROS},
      ]);
    });
  });
  expect(taken).toBeLessThan(300_000);
  expect(grown).toBeLessThan(MOST_GROWN);
  expect((await stat(join(to, 'arrived'))).size).toBe(GIBIBYTE);
}

it.each([
  ['sends', 'ten', {parallel: 10}, 10],
  ['sends', 'as many as by default', {}, 4],
  ['fetches', 'ten', {parallel: 10}, 10],
  ['fetches', 'as many as by default', {}, 4],
] as const)('%s %s large files at once over a real server', async (way, _, options, expected) => {
  const {from, to, copy} = place[way];
  const [tree, arrived] = [`${way}-${expected}`, `${way}-${expected}-arrived`];
  await mkdir(join(from, tree));
  for (let file = 0; file < expected + 2; file++) await makeFile(join(from, tree, `${file}`), 9_000_000);
  let most = 0;
  const ended = new AbortController();
  const copying = copy(`${tree}/`, arrived, {...options, limitRate: 60_000_000}).finally(() => ended.abort());
  while (!ended.signal.aborted) {
    const names = await readdir(join(to, arrived), {recursive: true}).catch((): string[] => []);
    most = Math.max(most, names.filter((name) => name.endsWith('.partial')).length);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect((await copying).counts).toMatchObject({copied: expected + 2, failed: 0});
  expect(most).toBe(expected);
});

it('sends a gibibyte within five minutes, proved, and hashes it there within thirty seconds', async () => {
  await copiesGibibyte('sends');
  const hashed = await millisecondsOf(async () => {
    const digest = await place.channel.sha256('arrived');
    expect(digest?.sha256).toBe(DIGEST_OF_ITS_ZEROS);
  });
  expect(hashed).toBeLessThan(30_000);
}, 400_000);

it('fetches a gibibyte within five minutes, proved, in little memory', async () => {
  await copiesGibibyte('fetches');
}, 400_000);
