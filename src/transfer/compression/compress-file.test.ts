import {execFileSync} from 'node:child_process';
import {open, readdir, readFile, truncate, utimes} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {withChaos} from '../../stores/decorators/chaos.js';
import {intercepted} from '../../stores/decorators/intercepted.js';
import type {Store} from '../../stores/store.js';
import type {FileOutcome} from '../file-outcome.js';
import {moveFile, type FileProgress} from '../move-file.js';
import type {PlannedFile} from '../planned-file.js';
import {PARTIALS, seededBytes, sha256, TwoStores} from '../testing/two-stores.js';
import {compressFile, type CompressFileOptions} from './compress-file.js';
import {MEMBER_BYTES} from './member.js';
import {withOriginals} from './originals.js';

/** Text that shrinks by a quarter: three blocks of compressed bytes, and members that end in the middle of them. */
const SIZE = 6 * MEMBER_BYTES + 54_321;

let stores: TwoStores;
let content: Buffer;
let file: PlannedFile;

beforeEach(async () => {
  stores = await TwoStores.create();
  content = textOf(1, SIZE);
  file = await put('data.txt', content);
});

afterEach(async () => {
  await stores[Symbol.asyncDispose]();
});

/** No zero byte, which would say that it is no text. */
function noise(seed: number, length: number): Buffer {
  return Buffer.from(seededBytes(seed, length).map((byte) => byte || 1));
}

const texts = new Map<string, Buffer>();

function textOf(seed: number, length: number): Buffer {
  const known = texts.get(`${seed} ${length}`);
  if (known !== undefined) return known;
  const text = noise(seed, length);
  texts.set(`${seed} ${length}`, text);
  for (let at = 0; at < length; at += 1024) text.fill('a', at, Math.min(at + 256, length));
  return text;
}

async function put(name: string, bytes: Uint8Array): Promise<PlannedFile> {
  return {...(await stores.put(name, bytes)), compressAs: `${name}.gz`};
}

function options(of: PlannedFile, more: Partial<CompressFileOptions> = {}): CompressFileOptions {
  return {
    ...{from: stores.from, to: stores.to, source: of.name, destination: `${of.name}.gz`, file: of},
    ...{partials: PARTIALS, owner: 'test', ifExists: 'keep', signal: new AbortController().signal},
    ...more,
  };
}

/** What the system's own gunzip makes of it. */
function gunzipped(name: string): Buffer {
  return execFileSync('gunzip', ['-c', join(stores.destination, name)], {maxBuffer: 256 * 1024 * 1024});
}

async function expectArrived(): Promise<void> {
  expect(gunzipped('data.txt.gz').equals(content)).toBe(true);
  const readBack = await moveFile({
    ...stores.options({...file, name: 'data.txt', identity: '', sha256: sha256(content)}),
    ...{from: withOriginals(stores.to, new Set(['data.txt.gz'])), source: 'data.txt.gz', destination: 'again.txt'},
    file: {name: 'again.txt', kind: 'file', size: SIZE, mode: 0o600, modifiedAt: 0, sha256: sha256(content)},
  });
  expect(readBack).toMatchObject({outcome: 'copied', sha256: sha256(content)});
  expect((await stores.arrived('again.txt'))?.equals(content)).toBe(true);
}

/** As a process that dies does: nothing is written after `blocks` of them. */
async function cutAfter(blocks: number): Promise<void> {
  let written = 0;
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method !== 'partial.write' || !call.path.endsWith('.partial')) return proceed();
    if (++written > blocks) throw new Error('killed');
    return proceed();
  });
  await expect(compressFile(options(file, {to}))).rejects.toThrow('killed');
}

function settled(outcome: FileOutcome | undefined): Exclude<FileOutcome, {outcome: 'failed'}> {
  if (outcome === undefined || outcome.outcome === 'failed') throw new Error(outcome?.message ?? 'not compressed');
  return outcome;
}

async function damage(name: RegExp, offset: number): Promise<void> {
  const names = await readdir(join(stores.destination, PARTIALS));
  const found = names.find((candidate) => name.test(candidate));
  await using handle = await open(join(stores.destination, PARTIALS, found ?? ''), 'r+');
  await handle.write('damaged', offset);
}

describe('a text that shrinks', () => {
  test('arrives as a gzip file, with both sizes, mode, time and the digest of the original', async () => {
    await utimes(join(stores.source, 'data.txt'), new Date(), new Date(1_234_567_890_000));
    file = {...(await stores.plan('data.txt')), compressAs: 'data.txt.gz', mode: 0o640};
    const progress: FileProgress[] = [];
    const outcome = settled(await compressFile(options(file, {onProgress: (told) => progress.push(told)})));
    const entry = await stores.to.stat('data.txt.gz');
    expect(outcome).toMatchObject({
      ...{outcome: 'copied', size: SIZE, sha256: sha256(content), verified: 'sha256', sentBytes: SIZE},
      ...{resumedBytes: 0, resentBytes: 0, stored: {name: 'data.txt.gz', size: entry?.size, compression: 'gzip'}},
    });
    expect(entry).toMatchObject({mode: 0o640, modifiedAt: 1_234_567_890_000});
    expect(entry?.size).toBeLessThan(0.8 * SIZE);
    expect(progress.every(({event}) => event === 'sent')).toBe(true);
    expect(progress.reduce((sum, {bytes}) => sum + bytes, 0)).toBe(SIZE);
    await expectArrived();
  });

  test.each([
    ['a whole number of members', 2 * MEMBER_BYTES],
    ['a byte more', 2 * MEMBER_BYTES + 1],
    ['a byte less', 2 * MEMBER_BYTES - 1],
    ['less than the sample', 1000],
  ])('has any size: %s', async (_, size) => {
    const bytes = textOf(2, size);
    const of = await put('other.txt', bytes);
    expect(await compressFile(options(of))).toMatchObject({outcome: 'copied', size, sha256: sha256(bytes)});
    expect(gunzipped('other.txt.gz').equals(bytes)).toBe(true);
  });

  test('becomes the same bytes every time', async () => {
    await compressFile(options(file));
    await compressFile(options(file, {destination: 'twin.gz', owner: 'other'}));
    const [one, twin] = await Promise.all([stores.arrived('data.txt.gz'), stores.arrived('twin.gz')]);
    expect(one?.equals(twin ?? Buffer.alloc(0))).toBe(true);
  });
});

test.each([
  ['is none', Buffer.concat([Buffer.from('text\0'), Buffer.alloc(100_000, 'a')])],
  ['does not shrink by a tenth', noise(3, 100_000)],
  ['is empty', Buffer.alloc(0)],
])('a file that %s is left to others, and nothing is written', async (_, bytes) => {
  const of = await put('other.txt', bytes);
  expect(await compressFile(options(of))).toBeUndefined();
  expect(await readdir(join(stores.destination, PARTIALS))).toEqual([]);
});

test('UTF-16 is text', async () => {
  const bytes = Buffer.from(`\ufeff${'so it is\n'.repeat(10_000)}`, 'utf16le');
  expect(await compressFile(options(await put('other.txt', bytes)))).toMatchObject({outcome: 'copied'});
});

describe('after an attempt that died', () => {
  test('goes on with what is proved, and reads nothing twice but for the digest', async () => {
    await cutAfter(2);
    const outcome = settled(await compressFile(options(file)));
    expect(outcome).toMatchObject({outcome: 'resumed', sha256: sha256(content)});
    expect(outcome.resumedBytes).toBeGreaterThanOrEqual(4 * MEMBER_BYTES);
    expect(outcome.sentBytes + outcome.resumedBytes).toBe(SIZE);
    await expectArrived();
  });

  test('sends one damaged block again and keeps the others', async () => {
    await cutAfter(2);
    await damage(/\.partial$/, 5);
    const outcome = settled(await compressFile(options(file)));
    expect(outcome.resumedBytes).toBeGreaterThanOrEqual(MEMBER_BYTES);
    expect(outcome.resumedBytes).toBeLessThan(4 * MEMBER_BYTES);
    await expectArrived();
  });

  test.each([
    ['head', 3],
    ['first member', 112 * 2 + 20],
    ['last line', 112 * 4],
  ])('a ledger whose %s is damaged costs what it does not say', async (_, offset) => {
    await cutAfter(2);
    await damage(/\.ledger$/, offset);
    expect(settled(await compressFile(options(file)))).toMatchObject({sha256: sha256(content)});
    await expectArrived();
  });

  test('starts over where the source is another one under an unchanged identity', async () => {
    const {mode, modifiedAt} = file;
    file = {name: 'data.txt', kind: 'file', size: SIZE, mode, modifiedAt, compressAs: 'data.txt.gz'};
    await cutAfter(2);
    const other = Buffer.from(textOf(9, SIZE));
    // The sample is the same: only what comes after it tells.
    content.copy(other, 0, 0, 1024 * 1024);
    await using handle = await open(join(stores.source, 'data.txt'), 'r+');
    await handle.write(other, 0, SIZE, 0);
    content = other;
    const outcome = settled(await compressFile(options(file)));
    expect(outcome).toMatchObject({resumedBytes: 0, sha256: sha256(other)});
    await expectArrived();
  });

  test('whose outcome was lost after the publish, is not repeated', async () => {
    const to = withChaos(stores.to, [{method: 'partial.publish', how: 'lose-answer', code: 'ssh.connection-lost'}]);
    await expect(compressFile(options(file, {to}))).rejects.toMatchObject({code: 'ssh.connection-lost'});
    expect(await compressFile(options(file))).toMatchObject({outcome: 'resumed', sentBytes: 0, resumedBytes: SIZE});
    await expectArrived();
  });
});

describe('bytes that are lost', () => {
  test('are found where they lie and sent again', async () => {
    const to = withChaos(stores.to, [{method: 'partial.write', after: 1, times: 1, how: 'corrupt'}]);
    const outcome = settled(await compressFile(options(file, {to: onlyPartials(to, stores.to)})));
    expect(outcome).toMatchObject({outcome: 'copied', sha256: sha256(content)});
    expect(outcome.resentBytes).toBeGreaterThan(0);
    await expectArrived();
  });

  test('every time end it, and nothing is published', async () => {
    const to = intercepted(stores.to, async (call, proceed) => {
      if (call.method !== 'partial.write' || !call.path.endsWith('.partial')) return proceed();
      return proceed(call.content?.map((byte) => byte ^ 1));
    });
    expect(await compressFile(options(file, {to}))).toMatchObject({code: 'transfer.checksum-mismatch'});
    expect(await stores.arrived('data.txt.gz')).toBeUndefined();
  });

  test('in what was published are refused by those who read it', async () => {
    const {stored} = settled(await compressFile(options(file)));
    await using handle = await open(join(stores.destination, 'data.txt.gz'), 'r+');
    await handle.write('damaged', 9_000_000);
    const from = withOriginals(stores.to, new Set(['data.txt.gz']));
    const back = {name: 'again.txt', kind: 'file', size: SIZE, mode: 0o600, modifiedAt: 0} as const;
    const moving = moveFile({...stores.options(back), from, source: 'data.txt.gz'});
    expect(await moving).toMatchObject({outcome: 'failed', code: 'transfer.checksum-mismatch'});
    await truncate(join(stores.destination, 'data.txt.gz'), (stored?.size ?? 0) - 1);
    await expect(from.openSource('data.txt.gz')).rejects.toMatchObject({code: 'transfer.checksum-mismatch'});
  });
});

/** Of the chaos, only what happens to unfinished files, and not to ledgers. */
function onlyPartials(chaotic: Store, calm: Store): Store {
  return {
    ...calm,
    openPartial: (spec, call) =>
      spec.path.endsWith('.partial') ? chaotic.openPartial(spec, call) : calm.openPartial(spec, call),
  };
}

test('two attempts at once publish one right file', async () => {
  const outcomes = await Promise.all([compressFile(options(file)), compressFile(options(file))]);
  for (const outcome of outcomes) expect(outcome).toMatchObject({sha256: sha256(content), verified: 'sha256'});
  await expectArrived();
});

test('one that is out of touch stops writing and does not publish', async () => {
  let sent = 0;
  const moving = compressFile(options(file, {isCurrent: () => sent === 0, onProgress: ({bytes}) => (sent += bytes)}));
  await expect(moving).rejects.toMatchObject({code: 'transfer.superseded'});
  expect(await stores.arrived('data.txt.gz')).toBeUndefined();
});

test('any range of the original is read from what lies there', async () => {
  await compressFile(options(file));
  const source = await withOriginals(stores.to, new Set(['data.txt.gz'])).openSource('data.txt.gz');
  const ranges = [
    [0, 10],
    [MEMBER_BYTES - 5, 10],
    [MEMBER_BYTES, MEMBER_BYTES],
    [3 * MEMBER_BYTES - 1, 2 * MEMBER_BYTES + 2],
    [SIZE - 3, 100],
    [SIZE, 5],
  ] as const;
  for (const [offset, length] of ranges) {
    const bytes = Buffer.from(await source.read(offset, length));
    expect(bytes.equals(content.subarray(offset, offset + length))).toBe(true);
  }
  await source.close();
  expect(await readFile(join(stores.destination, 'data.txt.gz'))).not.toHaveLength(SIZE);
});
