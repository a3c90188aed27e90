import {mkdtemp, rm, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it, onTestFinished} from 'vitest';
import {giveBackChunk} from '../hashing/chunk-memory.js';
import {openLocalStore} from '../stores/local/store.js';
import {BLOCK_BYTES} from './blocks.js';
import {moveShape} from './move-shape.js';
import {readAhead} from './read-ahead.js';

const KIBIBYTE = 1024;

it.each([
  {from: 'the beginning', start: 0, first: 32},
  {from: 'the middle of the first block', start: BLOCK_BYTES / 2, first: 16},
  {from: 'the second block', start: BLOCK_BYTES, first: 0},
])(
  'the chunks of the first block are small, the others as large as suits the stores: from $from',
  async ({start, first}) => {
    const root = await mkdtemp(join(tmpdir(), 'waybill-read-ahead-'));
    onTestFinished(() => rm(root, {recursive: true}));
    const end = 2 * BLOCK_BYTES + 100;
    await writeFile(join(root, 'file'), '');
    await truncate(join(root, 'file'), end);
    const store = openLocalStore({name: 'here', root});
    const source = await store.openSource('file');
    onTestFinished(() => source.close());

    const {reading} = moveShape(store.properties, store.properties);
    const {signal} = new AbortController();
    const lengths: number[] = [];
    for await (const {offset, bytes} of readAhead(source, {reading, start, end, boundary: BLOCK_BYTES, signal})) {
      expect(offset).toBe(start + lengths.reduce((sum, length) => sum + length, 0));
      lengths.push(bytes.length);
      giveBackChunk(bytes);
    }
    const [small, large] = [256 * KIBIBYTE, KIBIBYTE * KIBIBYTE];
    expect(lengths).toStrictEqual([...Array<number>(first).fill(small), ...Array<number>(8).fill(large), 100]);
  },
);
