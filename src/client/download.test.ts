import {createHash} from 'node:crypto';
import {appendFileSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it, onTestFinished} from 'vitest';
import {encodeInputManifest} from '../artifacts/input-manifest.js';
import {inputManifestKey} from '../artifacts/keys.js';
import type {Artifact, UploadedInput} from '../contracts/artifacts.js';
import type {MoveProgress} from '../contracts/checkpoint.js';
import {WaybillError} from '../contracts/errors.js';
import {withChaos} from '../stores/decorators/chaos.js';
import {intercepted} from '../stores/decorators/intercepted.js';
import {openLocalStore} from '../stores/local/store.js';
import {download} from './download.js';

async function* each(...artifacts: readonly Artifact[]): AsyncGenerator<Artifact> {
  yield* artifacts;
}

function output(name: string, content: string): Artifact {
  const date = '2026-01-01T00:00:00.000Z';
  return {
    ...{id: `artifact-${name}`, executionId: 'x', kind: 'output', name, key: name, type: 'file', mode: 0o644},
    ...{size: content.length, sha256: createHash('sha256').update(content).digest('hex'), contentType: 'text/plain'},
    ...{modifiedAt: date, createdAt: date, expiresAt: date},
  };
}

it('says each time where the output is that a local file keeps from its name', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-download-'));
  onTestFinished(() => rm(home, {recursive: true}));
  const into = join(home, 'here');
  await mkdir(join(home, 'store'));
  await mkdir(into);
  await writeFile(join(home, 'store/a'), 'theirs');
  await writeFile(join(into, 'a'), 'mine');
  const store = openLocalStore({name: 'store', root: join(home, 'store')});
  onTestFinished(() => store.close());
  for (const time of ['first', 'second']) {
    const files = await download({store, announceReads: () => undefined}, 'x', each(output('a', 'theirs')), {into});
    expect(files, time).toMatchObject([{outcome: 'kept-local', path: join(into, 'a'), savedAs: join(into, 'a.x')}]);
  }
  expect(await readFile(join(into, 'a'), 'utf8')).toBe('mine');
  expect(await readFile(join(into, 'a.x'), 'utf8')).toBe('theirs');
});

it('leaves what somebody writes in place of a replaced file while the others are on their way', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-download-'));
  onTestFinished(() => rm(home, {recursive: true}));
  const into = join(home, 'here');
  await mkdir(join(home, 'store'));
  await mkdir(into);
  for (const name of ['a', 'b']) await writeFile(join(home, 'store', name), 'theirs');
  await writeFile(join(into, 'a'), 'mine');
  const local = openLocalStore({name: 'store', root: join(home, 'store')});
  onTestFinished(() => local.close());
  const store = intercepted(local, async ({method, path}, proceed) => {
    if (method === 'openSource' && path === 'b') await writeFile(join(into, 'a'), 'edited');
    return await proceed();
  });
  const outputs = each(output('a', 'theirs'), output('b', 'theirs'));
  const files = await download({store, announceReads: () => undefined}, 'x', outputs, {into, overwrite: true});
  expect(files.map(({outcome}) => outcome)).toEqual(['downloaded', 'downloaded']);
  expect(await readFile(join(into, 'a'), 'utf8')).toBe('edited');
});

/** Two outputs `a` and `b`, the second of several blocks, from a store that fails `b` once; what is told after that calls `edit`. */
async function dropping(before: string, edit: (into: string) => void) {
  const home = await mkdtemp(join(tmpdir(), 'waybill-download-'));
  onTestFinished(() => rm(home, {recursive: true}));
  const into = join(home, 'here');
  await mkdir(join(home, 'store'));
  await mkdir(into);
  const large = 'x'.repeat(9 * 1024 * 1024);
  await writeFile(join(home, 'store/a'), 'theirs');
  await writeFile(join(home, 'store/b'), large);
  const local = openLocalStore({name: 'store', root: join(home, 'store')});
  onTestFinished(() => local.close());
  const inputs: UploadedInput[] = [];
  for (const name of before === '' ? [] : ['a', 'b']) {
    await writeFile(join(into, name), before);
    const sha256 = createHash('sha256').update(before).digest('hex');
    inputs.push({name, size: before.length, sha256, mode: 0o644, modifiedAt: 0});
  }
  await local.putObject(inputManifestKey('x'), encodeInputManifest(inputs));
  let failed = false;
  const store = intercepted(local, async ({method, path}, proceed) => {
    if (method !== 'openSource' || path !== 'b' || failed) return await proceed();
    failed = true;
    throw new WaybillError('store.unavailable', 'The line dropped.');
  });
  let edited = false;
  const told: MoveProgress[] = [];
  const files = await download(
    {store, announceReads: () => undefined},
    'x',
    each(output('a', 'theirs'), output('b', large)),
    {
      into,
      onProgress: (progress) => {
        told.push(progress);
        if (edited || !failed || progress.filesDone !== 1) return;
        edited = true;
        edit(into);
      },
    },
  );
  expect(edited).toBe(true);
  return {files, into, told, large};
}

it.each([
  ['replaced', 'the input'],
  ['added', ''],
])('leaves what somebody writes to a file that was %s before the line dropped', async (_, before) => {
  const {files, into, told, large} = await dropping(before, (into) => appendFileSync(join(into, 'a'), ', edited'));
  expect(files).toMatchObject(['a', 'b'].map((name) => ({outcome: 'downloaded', path: join(into, name)})));
  expect(await readFile(join(into, 'a'), 'utf8')).toBe('theirs, edited');
  expect((await readFile(join(into, 'b'), 'utf8')) === large).toBe(true);
  const bytes = 'theirs'.length + large.length;
  const all = {filesDone: 2, filesTotal: 2, bytesDone: bytes, bytesTotal: bytes};
  expect(told.at(-1)).toMatchObject(all);
  expect(await readdir(into)).toEqual(['a', 'b']);
});

it('saves beside it what it was to replace, where somebody writes to that after the line dropped', async () => {
  const {files, into, large} = await dropping('the input', (into) => appendFileSync(join(into, 'b'), ', edited'));
  expect(files).toMatchObject([
    {outcome: 'downloaded', path: join(into, 'a')},
    {outcome: 'kept-local', path: join(into, 'b'), savedAs: join(into, 'b.x')},
  ]);
  expect(await readFile(join(into, 'a'), 'utf8')).toBe('theirs');
  expect(await readFile(join(into, 'b'), 'utf8')).toBe('the input, edited');
  expect((await readFile(join(into, 'b.x'), 'utf8')) === large).toBe(true);
  expect(await readdir(into)).toEqual(['a', 'b', 'b.x']);
});

it('tries again where the store fails it once, and brings the output', async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-download-'));
  onTestFinished(() => rm(home, {recursive: true}));
  const into = join(home, 'here');
  await mkdir(join(home, 'store'));
  const content = 'x'.repeat(9 * 1024 * 1024);
  await writeFile(join(home, 'store/a'), content);
  const local = openLocalStore({name: 'store', root: join(home, 'store')});
  onTestFinished(() => local.close());
  const store = withChaos(local, [{method: 'openSource', how: 'fail'}]);
  const files = await download({store, announceReads: () => undefined}, 'x', each(output('a', content)), {into});
  expect(files).toMatchObject([{outcome: 'downloaded', path: join(into, 'a')}]);
  expect((await readFile(join(into, 'a'), 'utf8')) === content).toBe(true);
});
