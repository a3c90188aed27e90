import {utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {withChaos} from '../../stores/decorators/chaos.js';
import {intercepted} from '../../stores/decorators/intercepted.js';
import type {PlannedFile} from '../planned-file.js';
import {PARTIALS, seededBytes, sha256, TwoStores} from '../testing/two-stores.js';
import {compressFile, type CompressFileOptions} from './compress-file.js';
import {MEMBER_BYTES} from './member.js';

type Compress = (bytes: Uint8Array, usual: (bytes: Uint8Array) => Promise<Buffer>) => Promise<Buffer>;

/** What a worker with another zlib makes of the same bytes. */
const zlib = vi.hoisted((): {other?: Compress | undefined} => ({}));

vi.mock(import('./member.js'), async (load) => {
  const member = await load();
  const {compressMember} = member;
  return {
    ...member,
    compressMember: async (bytes) => await (zlib.other?.(bytes, compressMember) ?? compressMember(bytes)),
  };
});

/** Of the member's header: when it was made, which nobody says. */
const HEADER_TIME_AT = 4;

const SIZE = MEMBER_BYTES + 54_321;
const content = textOf(SIZE);

let stores: TwoStores;
let file: PlannedFile;
beforeEach(async () => {
  stores = await TwoStores.create();
  file = {...(await stores.put('data.txt', content)), compressAs: 'data.txt.gz'};
});
afterEach(async () => {
  zlib.other = undefined;
  await stores[Symbol.asyncDispose]();
});

/** Shrinks by a quarter. */
function textOf(size: number): Buffer {
  return Buffer.from(seededBytes(1, size).map((byte) => (byte < 64 ? 97 : byte)));
}

function options(more: Partial<CompressFileOptions> = {}): CompressFileOptions {
  return {
    ...{from: stores.from, to: stores.to, source: 'data.txt', destination: 'data.txt.gz', file},
    ...{partials: PARTIALS, owner: 'test', ifExists: 'keep', signal: new AbortController().signal},
    ...more,
  };
}

const otherLevel: Compress = async (bytes) => gzipSync(bytes, {level: 1});

test.each(['keep', 'replace'] as const)(
  'a publish whose outcome was lost is known by the original, and not repeated with another zlib (%s)',
  async (ifExists) => {
    const to = withChaos(stores.to, [{method: 'partial.publish', how: 'lose-answer', code: 'ssh.connection-lost'}]);
    await expect(compressFile(options({to}))).rejects.toMatchObject({code: 'ssh.connection-lost'});
    const published = await stores.to.stat('data.txt.gz');
    zlib.other = otherLevel;
    expect(await compressFile(options({ifExists}))).toMatchObject({
      ...{outcome: 'resumed', sentBytes: 0, resumedBytes: SIZE, size: SIZE, sha256: sha256(content)},
      ...{stored: {size: published?.size}, note: 'published by another attempt, which had proved it'},
    });
    expect((await stores.to.stat('data.txt.gz'))?.identity).toBe(published?.identity);
  },
);

test('what was made of another original is kept, though it is as large and as old', async () => {
  const other = Buffer.from(content);
  other.write('other', SIZE - 5);
  const {mode, modifiedAt, compressAs} = file;
  const planned = {name: 'data.txt', kind: 'file', size: SIZE, mode, modifiedAt, compressAs} as const;
  const put = async (bytes: Uint8Array): Promise<void> => {
    await writeFile(join(stores.source, 'data.txt'), bytes);
    await utimes(join(stores.source, 'data.txt'), new Date(), new Date(modifiedAt));
  };
  await put(other);
  expect(await compressFile(options({file: planned, owner: 'another'}))).toMatchObject({outcome: 'copied'});
  await put(content);
  const refused = await compressFile(options({file: planned}));
  expect(refused).toMatchObject({outcome: 'failed', code: 'store.already-exists'});
  expect(gunzipSync((await stores.arrived('data.txt.gz')) ?? '').equals(other)).toBe(true);
});

test('two attempts at once with two zlibs end with the file of one, and both know it', async () => {
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method !== 'partial.publish') return proceed();
    zlib.other = otherLevel;
    expect(await compressFile(options())).toMatchObject({outcome: 'copied', sha256: sha256(content)});
    return proceed();
  });
  const outcome = await compressFile(options({to}));
  const published = await stores.to.stat('data.txt.gz');
  expect(outcome).toMatchObject({outcome: 'skipped', sha256: sha256(content), stored: {size: published?.size}});
});

test('no file is put together from blocks of two zlibs, not even where members are as long', async () => {
  // Three blocks of compressed bytes, and members that end in the middle of them.
  const large = textOf(6 * MEMBER_BYTES + 54_321);
  file = {...(await stores.put('data.txt', large)), compressAs: 'data.txt.gz'};
  let written = 0;
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method === 'partial.write' && call.path.endsWith('.partial') && ++written > 2) throw new Error('killed');
    return proceed();
  });
  await expect(compressFile(options({to}))).rejects.toThrow('killed');
  // The sample, which is shorter than a member, does not tell the two apart.
  zlib.other = async (bytes, usual) => {
    const member = await usual(bytes);
    if (bytes.length === MEMBER_BYTES) member[HEADER_TIME_AT] = 1;
    return member;
  };
  expect(await compressFile(options())).toMatchObject({
    resumedBytes: 0,
    sentBytes: large.length,
    sha256: sha256(large),
  });
  expect(await compressFile(options({destination: 'twin.gz'}))).toMatchObject({outcome: 'copied'});
  const [found, twin] = await Promise.all([stores.arrived('data.txt.gz'), stores.arrived('twin.gz')]);
  expect(found?.equals(twin ?? Buffer.alloc(0))).toBe(true);
});
