import {mkdtemp, rm, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {MAX_INPUT_MANIFEST_BYTES, parseInputManifest} from '../artifacts/input-manifest.js';
import {executionRoot, inputKey, inputManifestKey} from '../artifacts/keys.js';
import type {UploadedInput} from '../contracts/artifacts.js';
import type {MoveProgress} from '../contracts/checkpoint.js';
import {WaybillError} from '../contracts/errors.js';
import {intercepted} from '../stores/decorators/intercepted.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import {seededBytes, sha256} from '../transfer/testing/two-stores.js';
import type {LocalInput} from './api.js';
import {upload} from './upload.js';

const RUN = 'run-1';
const MEBIBYTE = 1024 * 1024;
const compressFrom = 16 * MEBIBYTE;
/** Hexadecimal digits take up half of their bytes: three blocks of what is compressed. */
const text = Buffer.from(seededBytes(1, 16 * MEBIBYTE).toString('hex'));

let root: string;
let store: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-upload-'));
  store = openLocalStore({name: 'store', root: join(root, 'store')});
});
afterEach(() => rm(root, {recursive: true}));

async function input(name: string, content: Uint8Array | string): Promise<LocalInput> {
  const path = join(root, name);
  await writeFile(path, content);
  return {name, path};
}

async function sent(): Promise<readonly UploadedInput[]> {
  return parseInputManifest((await store.getObject(inputManifestKey(RUN), MAX_INPUT_MANIFEST_BYTES)) ?? Buffer.of());
}

test('a large text goes up compressed, with both sizes and its own digest in the list, and nothing else does', async () => {
  const noise = seededBytes(2, compressFrom);
  const inputs = [
    await input('big.csv', text),
    await input('noise.txt', noise),
    await input('taken.txt', text.subarray(0, compressFrom)),
    await input('taken.txt.gz', 'mine'),
    await input('small.txt', 'a small text'),
  ];
  await upload({store, compressFrom}, RUN, inputs);
  const there = await store.stat(inputKey(RUN, 'big.csv.gz'));
  expect(there?.size).toBeLessThan(0.7 * text.length);
  const [big, ...others] = await sent();
  expect(big).toMatchObject({
    ...{name: 'big.csv', size: text.length, sha256: sha256(text)},
    stored: {name: 'big.csv.gz', size: there?.size, compression: 'gzip'},
  });
  expect(others.map(({name}) => name)).toEqual(['noise.txt', 'taken.txt', 'taken.txt.gz', 'small.txt']);
  for (const other of others) {
    expect(other).not.toHaveProperty('stored');
    expect(await store.stat(inputKey(RUN, other.name))).toBeDefined();
  }
});

test('nothing is sent of inputs whose names no manifest takes', async () => {
  const a = await input('a', 'a');
  await expect(upload({store}, RUN, [a, a])).rejects.toMatchObject({code: 'name.collision'});
  expect(await store.stat(executionRoot(RUN))).toBeUndefined();
});

test('it goes up as it is where the store does not ask for it', async () => {
  await upload({store}, RUN, [await input('big.csv', text)]);
  expect((await sent())[0]).not.toHaveProperty('stored');
  expect(await store.stat(inputKey(RUN, 'big.csv'))).toMatchObject({size: text.length});
});

test('one that was cut goes on with what has arrived, and is not sent a second time', async () => {
  const inputs = [await input('big.csv', text)];
  const to = {store, compressFrom};
  let written = 0;
  const dying = intercepted(store, async (call, proceed) => {
    if (call.method !== 'partial.write' || !call.path.endsWith('.partial')) return proceed();
    if (++written > 2) throw new Error('killed');
    return proceed();
  });
  await expect(upload({...to, store: dying}, RUN, inputs)).rejects.toThrow('killed');
  expect(await store.stat(inputManifestKey(RUN))).toBeUndefined();
  let last: MoveProgress | undefined;
  const onProgress = (progress: MoveProgress) => void (last = progress);
  await upload(to, RUN, inputs, {onProgress});
  expect(last?.resumedBytes).toBeGreaterThan(0);
  expect(last?.sentBytes).toBeLessThan(text.length);
  expect(await sent()).toMatchObject([{sha256: sha256(text), stored: {name: 'big.csv.gz'}}]);
});

test('what another process has sent is not sent again, though it compressed what this one would not', async () => {
  const inputs = [await input('big.csv', text), await input('small.txt', 'a small text')];
  await upload({store, compressFrom}, RUN, inputs);
  const before = await sent();
  let told = 0;
  await upload({store}, RUN, inputs, {onProgress: () => (told += 1)});
  expect(told).toBe(0);
  expect(await sent()).toEqual(before);
  expect(await store.stat(inputKey(RUN, 'big.csv'))).toBeUndefined();
  const others = [...inputs.slice(0, 1), await input('small.txt', 'another text')];
  await expect(upload({store}, RUN, others)).rejects.toMatchObject({code: 'store.already-exists'});
  await expect(upload({store}, RUN, inputs.slice(0, 1))).rejects.toMatchObject({code: 'store.already-exists'});
});

test('other content of the same size and time is not taken for what was sent', async () => {
  const inputs = [await input('small.txt', 'one text')];
  const {path} = inputs[0] ?? {path: ''};
  const time = new Date(1_700_000_000_000);
  await utimes(path, time, time);
  await upload({store}, RUN, inputs);
  await upload({store}, RUN, inputs);
  await writeFile(path, 'two text');
  await utimes(path, time, time);
  await expect(upload({store}, RUN, inputs)).rejects.toMatchObject({code: 'store.already-exists'});
});

test('two processes that send at once agree, though one compresses and the other does not', async () => {
  const inputs = [await input('big.csv', text)];
  let begun = 0;
  const racing = intercepted(store, async (call, proceed) => {
    if (call.method === 'makeDirectory' && begun++ === 0) await upload({store, compressFrom}, RUN, inputs);
    return proceed();
  });
  await upload({store: racing}, RUN, inputs);
  expect(await sent()).toMatchObject([{name: 'big.csv', stored: {name: 'big.csv.gz'}}]);
});

test('nothing is sent where an input is larger than the store takes', async () => {
  const inputs = [await input('small.txt', 'a small text'), await input('big.csv', text)];
  const to = {store, compressFrom, maxFileBytes: text.length - 1};
  const refused = {code: 'ticket.refused', path: 'big.csv', expected: text.length - 1};
  await expect(upload(to, RUN, inputs)).rejects.toMatchObject(refused);
  expect(await store.stat(executionRoot(RUN))).toBeUndefined();
});

test('inputs arrive over a line that carries no block, and a line that carries nothing is given up', async () => {
  const noise = seededBytes(3, 16 * MEBIBYTE);
  const inputs = [await input('noise.bin', noise)];
  const carrying = (bytes: number) =>
    intercepted(store, async (call, proceed) => {
      const isData = call.method === 'partial.write' && call.path.endsWith('.partial');
      if (!isData || (call.content?.length ?? 0) <= bytes) return proceed();
      throw new WaybillError('store.unavailable', 'The line dropped.');
    });
  await expect(upload({store: carrying(0)}, RUN, inputs)).rejects.toMatchObject({code: 'store.unavailable'});
  await upload({store: carrying(128 * 1024)}, RUN, inputs);
  expect(await sent()).toMatchObject([{name: 'noise.bin', sha256: sha256(noise)}]);
});

test('a text of which much has arrived compressed arrives as it is over a line that carries no block any more', async () => {
  const inputs = [await input('big.csv', text)];
  // One block, and what goes beside it.
  let carried = 9 * MEBIBYTE;
  const degrading = intercepted(store, async (call, proceed) => {
    const isData = call.method === 'partial.write' && call.path.endsWith('.partial');
    const bytes = isData ? (call.content?.length ?? 0) : 0;
    if (bytes <= 128 * 1024) return proceed();
    carried -= bytes;
    if (carried >= 0) return proceed();
    throw new WaybillError('store.unavailable', 'The line dropped.');
  });
  await upload({store: degrading, compressFrom}, RUN, inputs);
  const [big] = await sent();
  expect(big).toMatchObject({name: 'big.csv', size: text.length, sha256: sha256(text)});
  expect(big).not.toHaveProperty('stored');
});
