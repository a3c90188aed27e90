import {appendFile, link, open, readdir, readFile, truncate, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {enteredBlocks} from '../../test/ledgers.js';
import {until} from '../../test/until.js';
import {withChaos} from '../stores/decorators/chaos.js';
import {intercepted} from '../stores/decorators/intercepted.js';
import type {Store} from '../stores/store.js';
import {BLOCK_BYTES} from './blocks.js';
import {encodeSlot, SLOT_BYTES, UNHASHED} from './ledger-record.js';
import {type FileProgress, moveFile} from './move-file.js';
import type {PlannedFile} from './planned-file.js';
import {PARTIALS, seededBytes, seededRandom, sha256, TwoStores} from './testing/two-stores.js';

const SIZE = 3 * BLOCK_BYTES + 12_345;
const content = seededBytes(1, SIZE);
/** Unacknowledged chunks, the block that they belong to, and one that was about to be entered. */
const UNDER_WAY = 4 * 1024 * 1024 + 2 * BLOCK_BYTES;

let stores: TwoStores;
let file: PlannedFile;
beforeEach(async () => {
  stores = await TwoStores.create();
  file = await stores.put('data.bin', content);
});
afterEach(() => stores[Symbol.asyncDispose]());

async function expectArrived(): Promise<void> {
  expect((await stores.arrived('data.bin'))?.equals(content)).toBe(true);
}

/** Moves until so many bytes are acknowledged, then aborts; answers with what had been acknowledged by then. */
async function cutAt(bytes: number, to?: Store, verify: 'hash' | 'size' = 'hash'): Promise<number> {
  const abort = new AbortController();
  let sent = 0;
  const moving = moveFile(
    stores.options(file, {
      ...(to && {to}),
      verify,
      signal: abort.signal,
      onProgress: (progress) => {
        if (progress.event === 'sent') sent += progress.bytes;
        if (sent >= bytes) abort.abort(new Error('cut'));
      },
    }),
  );
  await expect(moving).rejects.toThrow('cut');
  return sent;
}

/** One call at a time takes effect in order, and hashing is left alone: what a single slow line looks like. */
function slowWrites(store: Store, ms: number): Store {
  return intercepted(store, async (call, proceed) => {
    if (call.method === 'partial.write') await new Promise((resolve) => setTimeout(resolve, ms));
    return proceed();
  });
}

/** What comes after the first `blocks` is written when the ledger has them: hashing them may take longer than that. */
function onceEntered(store: Store, blocks: number): Store {
  let bytes = 0;
  return intercepted(store, async (call, proceed) => {
    if (call.method === 'partial.write' && call.path.endsWith('.partial')) {
      bytes += call.content?.length ?? 0;
      if (bytes > blocks * BLOCK_BYTES) {
        await until(
          'the blocks in the ledger',
          async () => (await enteredBlocks(join(stores.destination, PARTIALS))) >= blocks,
        );
      }
    }
    return proceed();
  });
}

test('copies with digest, mode and time, and leaves nothing but its ledger', async () => {
  const outcome = await moveFile(stores.options({...file, mode: 0o640}));
  expect(outcome).toMatchObject({
    outcome: 'copied',
    verified: 'sha256',
    sentBytes: SIZE,
    resumedBytes: 0,
    sha256: sha256(content),
  });
  await expectArrived();
  expect(await stores.to.stat('data.bin')).toMatchObject({mode: 0o640, modifiedAt: file.modifiedAt});
  expect((await readdir(join(stores.destination, PARTIALS))).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

describe('resume', () => {
  const random = seededRandom(20_260);
  // One test for each tenth of them, so that a failure names its cuts.
  test.each(
    Array.from({length: 10}, (_, tenth) =>
      Array.from({length: 5}, () => Math.ceil(random() * SIZE * (0.1 + (tenth / 10) * 0.9))),
    ),
  )('after cuts at %i, %i, %i, %i, %i bytes', async (...cuts) => {
    for (const cut of cuts) {
      await stores[Symbol.asyncDispose]();
      stores = await TwoStores.create();
      file = await stores.put('data.bin', content);
      const sent = await cutAt(Math.min(cut, SIZE - 1));
      expect(await stores.arrived('data.bin')).toBeUndefined();
      const outcome = await moveFile(stores.options(file));
      if (outcome.outcome === 'failed') throw new Error(outcome.message);
      expect(outcome.sha256).toBe(sha256(content));
      expect(outcome.sentBytes + outcome.resumedBytes).toBe(SIZE);
      expect(sent + outcome.sentBytes - SIZE).toBeLessThanOrEqual(UNDER_WAY);
      await expectArrived();
    }
  });

  test('sends only the blocks that a corrupted partial got wrong', async () => {
    await cutAt(SIZE - 1, slowWrites(stores.to, 5));
    const {partial} = stores.partialOf(file);
    await using handle = await open(partial, 'r+');
    await handle.write(Buffer.from([~(content[BLOCK_BYTES + 7] ?? 0) & 0xff]), 0, 1, BLOCK_BYTES + 7);
    const outcome = await moveFile(stores.options(file));
    expect(outcome).toMatchObject({outcome: 'resumed', sha256: sha256(content)});
    expect(outcome.sentBytes).toBeGreaterThanOrEqual(BLOCK_BYTES);
    expect(outcome.sentBytes).toBeLessThan(SIZE);
    await expectArrived();
  });

  test('sends again what became a hole, and what was cut off the end', async () => {
    await cutAt(2 * BLOCK_BYTES + 5_000_000, onceEntered(slowWrites(stores.to, 5), 2));
    const {partial} = stores.partialOf(file);
    await truncate(partial, 100);
    await truncate(partial, BLOCK_BYTES + 17);
    const events: FileProgress[] = [];
    const outcome = await moveFile(stores.options(file, {onProgress: (progress) => events.push(progress)}));
    expect(outcome).toMatchObject({outcome: 'copied', sentBytes: SIZE});
    if (outcome.outcome === 'failed') throw new Error(outcome.message);
    // Two blocks were entered, whatever is left of them; the third had only begun.
    expect(outcome.resentBytes).toBe(2 * BLOCK_BYTES);
    const told = (event: FileProgress['event']) =>
      events.filter((progress) => progress.event === event).reduce((sum, {bytes}) => sum + bytes, 0);
    expect([told('claimed'), told('refuted'), told('resumed')]).toEqual([2 * BLOCK_BYTES, 2 * BLOCK_BYTES, 0]);
    await expectArrived();
  });

  test('takes up what was sent without a digest, proved by the source, and sends what is wrong of it', async () => {
    await cutAt(SIZE - 1, slowWrites(stores.to, 5), 'size');
    const {partial, ledger} = stores.partialOf(file);
    expect(await readFile(ledger, 'latin1')).toContain(UNHASHED);
    await overwrite(partial, BLOCK_BYTES + 7, 'other');
    const outcome = await moveFile(stores.options(file, {verify: 'size'}));
    expect(outcome).toMatchObject({outcome: 'unverified', verified: 'size-only'});
    expect(outcome.sentBytes).toBeGreaterThanOrEqual(BLOCK_BYTES);
    expect(outcome.sentBytes).toBeLessThan(SIZE);
    await expectArrived();
  });

  test('begins anew where the unfinished file is longer than the file', async () => {
    await cutAt(2 * BLOCK_BYTES + 5_000_000, slowWrites(stores.to, 5));
    await truncate(stores.partialOf(file).partial, SIZE + 1);
    expect(await moveFile(stores.options(file))).toMatchObject({outcome: 'copied', sentBytes: SIZE});
    await expectArrived();
  });

  test.each([
    ['torn', async (ledger: string) => truncate(ledger, 3 * SLOT_BYTES - 9), BLOCK_BYTES],
    ['torn at its beginning', async (ledger: string) => overwrite(ledger, 0, 'waybill-ledger 9'), 0],
    ['garbled in one record', async (ledger: string) => overwrite(ledger, SLOT_BYTES + 30, '0000'), undefined],
    ['empty', async (ledger: string) => truncate(ledger, 0), 0],
    ['longer than it can be', async (ledger: string) => appendFile(ledger, 'something else'.repeat(1000)), 0],
  ])('a ledger that is %s costs only what it does not say', async (_, damage, most) => {
    await cutAt(SIZE - 1, slowWrites(stores.to, 5));
    await damage(stores.partialOf(file).ledger);
    const outcome = await moveFile(stores.options(file));
    expect(outcome).toMatchObject({sha256: sha256(content)});
    if (outcome.outcome === 'failed') throw new Error(outcome.message);
    expect(outcome.resumedBytes).toBeLessThanOrEqual(most ?? 2 * BLOCK_BYTES);
    expect(outcome.resumedBytes > 0).toBe(most !== 0);
    await expectArrived();
  });

  test.each([
    ['as long', 0],
    ['longer', 100_000],
  ])('leaves what a newer version began to its workers: a ledger that is %s', async (_, more) => {
    const {ledger} = stores.partialOf(file);
    const begun = Buffer.concat([encodeSlot('waybill-ledger 2 whatever it says'), Buffer.alloc(more, 'x')]);
    await writeFile(ledger, begun);
    const refused = {code: 'transfer.newer-version', retryable: true, found: 2};
    await expect(moveFile(stores.options(file))).rejects.toMatchObject(refused);
    expect((await readFile(ledger)).equals(begun)).toBe(true);
    expect(await stores.arrived('data.bin')).toBeUndefined();
  });

  test('from a source over a line reads no proved block again', async () => {
    await cutAt(2 * BLOCK_BYTES + 5_000_000, slowWrites(stores.to, 5));
    let read = 0;
    const from = intercepted(
      {...stores.from, properties: {...stores.from.properties, overNetwork: true}},
      async (call, proceed) => {
        const result = await proceed();
        if (call.method === 'source.read' && result instanceof Uint8Array) read += result.length;
        return result;
      },
    );
    const outcome = await moveFile(stores.options(file, {from}));
    expect(outcome).toMatchObject({outcome: 'resumed', sha256: sha256(content)});
    expect(read).toBe(outcome.sentBytes);
    expect(read).toBeLessThan(SIZE);
  });
});

async function overwrite(path: string, offset: number, text: string): Promise<void> {
  await using handle = await open(path, 'r+');
  await handle.write(text, offset);
}

describe('proof', () => {
  test('a byte flipped on its way is found and its block sent again', async () => {
    const to = withChaos(stores.to, [{method: 'partial.write', after: 9, times: 1, how: 'corrupt'}]);
    const outcome = await moveFile(stores.options(file, {to}));
    expect(outcome).toMatchObject({outcome: 'copied', sha256: sha256(content)});
    expect(outcome.sentBytes).toBeGreaterThan(SIZE);
    await expectArrived();
  });

  test('a medium that flips every chunk ends it, and nothing is published', async () => {
    const to = intercepted(stores.to, async (call, proceed) => {
      if (call.method !== 'partial.write' || !call.path.endsWith('.partial')) return proceed();
      return proceed(call.content?.map((byte) => byte ^ 1));
    });
    expect(await moveFile(stores.options(file, {to}))).toMatchObject({
      outcome: 'failed',
      code: 'transfer.checksum-mismatch',
    });
    expect(await stores.arrived('data.bin')).toBeUndefined();
  });

  test('says size only where the destination cannot be hashed', async () => {
    const to: Store = {...stores.to, properties: {...stores.to.properties, hashing: 'none'}};
    expect(await moveFile(stores.options(file, {to}))).toMatchObject({outcome: 'unverified', verified: 'size-only'});
    await expectArrived();
  });

  test('bytes that differ from the manifest are not published', async () => {
    const outcome = await moveFile(stores.options({...file, sha256: sha256(Buffer.from('other'))}));
    expect(outcome).toMatchObject({outcome: 'failed', code: 'source.changed'});
    expect(await stores.arrived('data.bin')).toBeUndefined();
  });
});

describe('a source that changes', () => {
  const path = (): string => join(stores.source, 'data.bin');

  test.each([
    ['grows', async () => appendFile(path(), 'more')],
    ['shrinks', async () => truncate(path(), SIZE - BLOCK_BYTES)],
    ['is written to', async () => overwrite(path(), 5, 'other')],
  ])('and %s while it is read is never published', async (_, change) => {
    let changed = false;
    const from = intercepted(stores.from, async (call, proceed) => {
      if (call.method === 'source.read' && !changed) {
        changed = true;
        await change();
      }
      return proceed();
    });
    const moving = await moveFile(stores.options(file, {from}));
    expect(moving).toMatchObject({outcome: 'failed', code: 'source.changed'});
    expect(await stores.arrived('data.bin')).toBeUndefined();
  });

  test('between plan and start is not moved', async () => {
    await utimes(path(), new Date(), new Date(1));
    expect(await moveFile(stores.options(file))).toMatchObject({
      outcome: 'failed',
      code: 'source.changed',
      sentBytes: 0,
    });
  });

  test('between two attempts under an unchanged identity is sent from the start', async () => {
    file = {name: 'data.bin', kind: 'file', size: SIZE, mode: 0o600, modifiedAt: file.modifiedAt};
    await cutAt(SIZE - 1, slowWrites(stores.to, 5));
    const other = seededBytes(2, SIZE);
    await overwriteAll(path(), other);
    const outcome = await moveFile(stores.options(file));
    expect(outcome).toMatchObject({sha256: sha256(other), resumedBytes: 0});
    expect((await stores.arrived('data.bin'))?.equals(other)).toBe(true);
  });
});

async function overwriteAll(path: string, bytes: Uint8Array): Promise<void> {
  await using handle = await open(path, 'r+');
  await handle.write(bytes, 0, bytes.length, 0);
}

describe('attempts that meet', () => {
  test('two at once publish one right file', async () => {
    const outcomes = await Promise.all([moveFile(stores.options(file)), moveFile(stores.options(file))]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({sha256: sha256(content), verified: 'sha256'});
    await expectArrived();
  });

  test('one that wakes up when another has published has nothing left to publish', async () => {
    let wake = (): void => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    const late = intercepted(stores.to, async (call, proceed) => {
      if (call.method === 'partial.write' && call.path.endsWith('.partial')) await asleep;
      return proceed();
    });
    const frozen = moveFile(stores.options(file, {to: late}));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await moveFile(stores.options(file));
    const published = await stores.to.stat('data.bin');
    wake();
    const outcome = await frozen;
    expect(outcome).toMatchObject({sentBytes: 0, sha256: sha256(content)});
    expect(outcome).toHaveProperty('note', 'published by another attempt, which had proved it');
    expect((await stores.to.stat('data.bin'))?.identity).toBe(published?.identity);
  });

  test('one whose outcome was lost after the publish is not repeated', async () => {
    const to = withChaos(stores.to, [{method: 'partial.publish', how: 'lose-answer', code: 'ssh.connection-lost'}]);
    await expect(moveFile(stores.options(file, {to}))).rejects.toMatchObject({code: 'ssh.connection-lost'});
    expect(await moveFile(stores.options(file))).toMatchObject({outcome: 'resumed', sentBytes: 0, resumedBytes: SIZE});
    await expectArrived();
  });

  /** As a publish that was killed between its two steps leaves it. */
  async function dieBetweenNames(ifExists: 'keep' | 'replace'): Promise<void> {
    const to = intercepted(stores.to, async (call, proceed) => {
      if (call.method !== 'partial.publish') return await proceed();
      await stores.to.setAttributes(call.path, {modifiedAt: file.modifiedAt});
      await link(join(stores.destination, call.path), join(stores.destination, 'data.bin'));
      throw new Error('died');
    });
    await expect(moveFile(stores.options(file, {to, ifExists}))).rejects.toThrow('died');
  }

  test.each(['keep', 'replace'] as const)('one that died between two names is finished (%s)', async (ifExists) => {
    await dieBetweenNames(ifExists);
    expect(await moveFile(stores.options(file, {ifExists}))).toMatchObject({outcome: 'resumed', sentBytes: 0});
    await expectArrived();
    expect((await readdir(join(stores.destination, PARTIALS))).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('one that died between two names keeps what was changed since', async () => {
    await dieBetweenNames('keep');
    await writeFile(join(stores.destination, 'data.bin'), 'mine');
    const outcome = await moveFile(stores.options(file, {ifExists: 'keep'}));
    expect(outcome).toMatchObject({outcome: 'failed', code: 'store.already-exists'});
    expect((await stores.arrived('data.bin'))?.toString()).toBe('mine');
  });

  test('one that died before its publish does not take the place of what came there since', async () => {
    const to = withChaos(stores.to, [{method: 'partial.publish', how: 'fail'}]);
    await expect(moveFile(stores.options(file, {to}))).rejects.toMatchObject({code: 'store.unavailable'});
    await stores.to.putObject('data.bin', Buffer.from('mine'));
    const outcome = await moveFile(stores.options(file, {ifExists: 'keep'}));
    expect(outcome).toMatchObject({outcome: 'failed', code: 'store.already-exists'});
    expect((await stores.arrived('data.bin'))?.toString()).toBe('mine');
  });

  test('one that is out of touch stops writing and does not publish', async () => {
    let sent = 0;
    const options = stores.options(file, {
      isCurrent: () => sent < BLOCK_BYTES,
      onProgress: ({bytes}) => (sent += bytes),
    });
    await expect(moveFile(options)).rejects.toMatchObject({code: 'transfer.superseded'});
    expect(sent).toBeLessThan(SIZE);
    expect(await stores.arrived('data.bin')).toBeUndefined();
  });

  test('one that finds no directory of partials is superseded', async () => {
    await stores.to.removeTree(PARTIALS);
    await expect(moveFile(stores.options(file))).rejects.toMatchObject({code: 'transfer.superseded'});
  });

  test('an existing destination is kept where that was asked', async () => {
    await stores.to.putObject('data.bin', Buffer.from('mine'));
    const outcome = await moveFile(stores.options(file, {ifExists: 'keep'}));
    expect(outcome).toMatchObject({outcome: 'failed', code: 'store.already-exists'});
    expect((await stores.arrived('data.bin'))?.toString()).toBe('mine');
  });
});
