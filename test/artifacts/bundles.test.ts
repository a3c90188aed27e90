import {spawn} from 'node:child_process';
import {chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {type BundleProgress, BundleStorage} from '../../src/artifacts/bundles/index.js';
import {blobKey, bundleUrl, digestIn} from '../../src/artifacts/bundles/keys.js';
import {patterned, sha256} from '../../src/stores/contract/subject.js';
import {withChaos} from '../../src/stores/decorators/chaos.js';
import {intercepted} from '../../src/stores/decorators/intercepted.js';
import type {Store} from '../../src/stores/store.js';
import {enteredBlocks} from '../ledgers.js';
import {until} from '../until.js';
import {type BundlePlaces, bundlePlaces, openPlace, type PlaceSettings} from './bundle-places.js';
import {makeTree, snapshot, type TreeEntry} from './trees.js';

const PART = 8 * 1024 * 1024;

let program = '';
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-assets-'));
  // Inside the checkout, so that what is left external is found.
  program = join(import.meta.dirname, `../../node_modules/.cache/waybill-bundle-kill-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'fixtures/upload-bundle.ts')],
    ...{bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm', outfile: program},
  });
});
afterAll(async () => {
  await rm(directory, {recursive: true, force: true});
  await rm(program, {force: true});
});

const assets: readonly TreeEntry[] = [
  {name: 'none', mode: 0o711},
  {name: 'scene', mode: 0o750},
  {name: 'scene/large.bin', content: patterned(PART + 77, 1), mode: 0o640},
  {name: 'scene/deep/er/.hidden', content: 'hidden', mode: 0o600},
  {name: 'scene/deep/copy of it', content: 'hidden', mode: 0o755},
  {name: 'empty', content: '', mode: 0o444},
  {name: 'a\n名前 \\ "x"', content: 'name', mode: 0o644},
  {name: 'latest', target: 'scene/deep'},
  {name: 'scene/deep/up', target: '../large.bin'},
  {name: 'dangling', target: 'not there'},
  {name: 'closed', mode: 0o555},
  {name: 'closed/in', content: 'in', mode: 0o400},
];

describe.each(bundlePlaces)('bundles in %s', (_, start) => {
  let places: BundlePlaces;
  let settings: PlaceSettings;
  let store: Store;
  let storage: BundleStorage;
  let here: string;
  let count = 0;
  const opened: BundleStorage[] = [];
  beforeAll(async () => {
    places = await start();
  });
  afterAll(() => places.close());
  beforeEach(async () => {
    settings = places.fresh();
    store = openPlace(settings);
    storage = new BundleStorage(store);
    opened.push(storage);
    here = await mkdtemp(join(directory, `${(count += 1)}-`));
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  const at = (...names: readonly string[]): string => join(here, ...names);

  /** The storage over a store of its own, whose calls are led through `around`. */
  function watched(around: Parameters<typeof intercepted>[1]): BundleStorage {
    const made = new BundleStorage(intercepted(openPlace(settings), around));
    opened.push(made);
    return made;
  }

  test('come back as they were: contents, modes, links, names, empty directories', async () => {
    await makeTree(at('assets'), assets);
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    await storage.downloadAssetBundle('job-1', url, at('new/place'));
    expect(await snapshot(at('new/place'))).toEqual(await snapshot(at('assets')));
    expect(await readdir(at('new'))).toEqual(['place']);
  });

  test('with nothing in them come back, too', async () => {
    await mkdir(at('assets'));
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    await storage.downloadAssetBundle('job-1', url, at('place'));
    expect(await readdir(at('place'))).toEqual([]);
  });

  test('of a second job with the same assets send nothing, wherever those lie and whenever they were made', async () => {
    await makeTree(at('assets'), assets);
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    await makeTree(at('checked out again'), [...assets].reverse());
    await utimes(at('checked out again/empty'), 1, 1);
    const written: string[] = [];
    const second = watched(async (call, proceed) => {
      if (/^put|^openPartial|^makeDirectory/.test(call.method)) written.push(`${call.method} ${call.path}`);
      return proceed();
    });
    const told: BundleProgress[] = [];
    const again = await second.uploadAssetBundle('job-2', at('checked out again'), {onProgress: (p) => told.push(p)});
    expect(again).toBe(url);
    const digest = digestIn(url);
    expect(written).toEqual([`putObject jobs/job-2/${digest}`, `putObject bundles/${digest}`]);
    expect(told).toEqual([]);
    await second.downloadAssetBundle('job-2', again, at('place'));
    expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
  });

  test.each([
    ['another mode', () => chmod(at('assets/empty'), 0o440)],
    ['another content', () => writeFile(at('assets/scene/deep/copy of it'), 'Hidden')],
    ['another name', () => writeFile(at('assets/new'), '')],
  ])('with %s are others, and send only what is new', async (__, change) => {
    await makeTree(at('assets'), assets.slice(3));
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    await change();
    let sent = 0;
    const other = await storage.uploadAssetBundle('job-1', at('assets'), {onProgress: (p) => (sent = p.sentBytes)});
    expect(other).not.toBe(url);
    expect(sent).toBeLessThan(10);
    await storage.downloadAssetBundle('job-1', other, at('place'));
    expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
  });

  test('that are not whole are not there, and the next upload goes on', async () => {
    await makeTree(at('assets'), assets);
    const url = bundleUrl(await digestOfAssets());
    const cut = new BundleStorage(withChaos(openPlace(settings), [{method: 'putObject', how: 'fail', after: 1}]));
    opened.push(cut);
    await expect(cut.uploadAssetBundle('job-1', at('assets'))).rejects.toMatchObject({
      code: 'store.unavailable',
      retryable: true,
    });
    const early = storage.downloadAssetBundle('job-1', url, at('early'));
    await expect(early).rejects.toMatchObject({code: 'bundle.not-found', retryable: false});
    let sent = 0;
    expect(await storage.uploadAssetBundle('job-1', at('assets'), {onProgress: (p) => (sent = p.sentBytes)})).toBe(url);
    expect(sent).toBe(0);
    await storage.downloadAssetBundle('job-1', url, at('place'));
    expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
    expect(await readdir(here)).toEqual(['assets', 'place']);
  });

  /** Of the same assets, uploaded to another place. */
  async function digestOfAssets(): Promise<string> {
    const elsewhere = new BundleStorage(openPlace(places.fresh()));
    opened.push(elsewhere);
    return digestIn(await elsewhere.uploadAssetBundle('job', at('assets')));
  }

  test('a process that is killed while it uploads costs its successor what was under way', async () => {
    const size = 8 * PART + 5;
    await makeTree(at('assets'), [
      {name: 'large', content: patterned(size, 2)},
      {name: 'small', content: 'small'},
    ]);
    const child = spawn(process.execPath, [program, JSON.stringify({place: settings, directory: at('assets')})], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (Number(text.trim().split('\n').at(-1)) >= 4 * PART) child.kill('SIGKILL');
    });
    expect(await new Promise((resolve) => child.once('exit', (status, signal) => resolve(signal ?? status)))).toBe(
      'SIGKILL',
    );
    expect(await names('bundles')).toEqual([]);
    let last: BundleProgress | undefined;
    const url = await storage.uploadAssetBundle('job-1', at('assets'), {onProgress: (p) => (last = p)});
    expect(last?.resumedBytes).toBeGreaterThanOrEqual(2 * PART);
    expect((last?.resumedBytes ?? 0) + (last?.sentBytes ?? 0)).toBeLessThanOrEqual(size + 5);
    await storage.downloadAssetBundle('job-1', url, at('place'));
    expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
    expect(await names('partials')).toEqual([]);
  });

  async function names(path: string): Promise<readonly string[]> {
    if ((await store.stat(path)) === undefined) return [];
    const found: string[] = [];
    for await (const {name} of store.list(path)) found.push(name);
    return found;
  }

  test('a download that is cut shows nothing, and the next one goes on', async () => {
    await makeTree(at('assets'), [
      {name: 'large', content: patterned(6 * PART, 3)},
      ...Array.from({length: 40}, (__, n) => ({name: `d/${n}`, content: `content ${n}`, mode: 0o640})),
    ]);
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    const stop = new AbortController();
    let readBytes = 0;
    const cutting = watched(async (call, proceed) => {
      if (call.method === 'source.read' && readBytes > 3 * PART) {
        await until(
          'two blocks in the ledger',
          async () => (await enteredBlocks(here, '.waybill-bundle-*/partials/*.ledger')) >= 2,
        );
        stop.abort(new Error('cut'));
      }
      const result = await proceed();
      if (call.method === 'source.read' && result instanceof Uint8Array) readBytes += result.length;
      return result;
    });
    const cut = cutting.downloadAssetBundle('job-1', url, at('place'), {signal: stop.signal});
    await expect(cut).rejects.toThrow('cut');
    expect(await readdir(here)).not.toContain('place');
    let last: BundleProgress | undefined;
    await storage.downloadAssetBundle('job-1', url, at('place'), {onProgress: (p) => (last = p)});
    expect(last?.resumedBytes).toBeGreaterThanOrEqual(2 * PART);
    expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
    expect((await readdir(here)).sort()).toEqual(['assets', 'place']);
  });

  test('what another has put among the files of a download that was cut does not come along', async () => {
    await makeTree(at('assets'), [
      {name: 'large', content: patterned(3 * PART, 4)},
      {name: 'a', content: 'a'},
    ]);
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    const signal = AbortSignal.timeout(1);
    await expect(storage.downloadAssetBundle('job-1', url, at('place'), {signal})).rejects.toThrow();
    const [staging = '.waybill-bundle'] = (await readdir(here)).filter((name) => name.startsWith('.'));
    await mkdir(at(staging, 'tree'), {recursive: true});
    await writeFile(at(staging, 'tree/foreign'), 'x');
    await storage.downloadAssetBundle('job-1', url, at('place'));
    expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
  });

  test('many at once to one storage and to one place end with one bundle', async () => {
    await makeTree(at('assets'), assets);
    const uploads = ['job-1', 'job-2', 'job-3'].map((job) =>
      watched((__, proceed) => proceed()).uploadAssetBundle(job, at('assets')),
    );
    const [url = '', ...others] = await Promise.all(uploads);
    expect(others).toEqual([url, url]);
    await Promise.all(['job-1', 'job-2', 'job-3'].map((job) => storage.downloadAssetBundle(job, url, at('place'))));
    expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
    expect((await readdir(here)).sort()).toEqual(['assets', 'place']);
    expect(await names('partials')).toEqual([]);
  });

  test.each(['small', 'large'])(
    'a %s blob that is no longer what was uploaded is refused, and mended',
    async (name) => {
      const contents = {small: patterned(1000, 5), large: patterned(PART + 9, 6)};
      await makeTree(
        at('assets'),
        Object.entries(contents).map(([each, content]) => ({name: each, content})),
      );
      const url = await storage.uploadAssetBundle('job-1', at('assets'));
      const content = name === 'small' ? contents.small : contents.large;
      const key = blobKey(sha256(content));
      const flipped = Buffer.from(content);
      flipped[500] = (flipped[500] ?? 0) ^ 1;
      await store.putObject(key, flipped);
      const refused = storage.downloadAssetBundle('job-1', url, at('place'));
      await expect(refused).rejects.toMatchObject({code: 'bundle.damaged', path: key});
      expect(await readdir(here)).not.toContain('place');
      for (const damage of [() => store.remove(key), () => store.putObject(key, flipped.subarray(1))]) {
        await damage();
        await rm(at('place'), {recursive: true, force: true});
        await expect(storage.downloadAssetBundle('job-1', url, at('place'))).rejects.toMatchObject({
          code: 'bundle.damaged',
        });
        expect(await storage.uploadAssetBundle('job-1', at('assets'))).toBe(url);
        await storage.downloadAssetBundle('job-1', url, at('place'));
        expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
      }
    },
  );

  test('a manifest that is no longer what was uploaded is refused, and mended', async () => {
    await makeTree(at('assets'), [{name: 'a', content: 'a'}]);
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    await store.putObject(`bundles/${digestIn(url)}`, Buffer.from('{}'));
    await expect(storage.downloadAssetBundle('job-1', url, at('place'))).rejects.toMatchObject({
      code: 'bundle.damaged',
    });
    await storage.uploadAssetBundle('job-1', at('assets'));
    await storage.downloadAssetBundle('job-1', url, at('place'));
    expect(await snapshot(at('place'))).toEqual(await snapshot(at('assets')));
  });

  test('of another job, of nobody, and what names none are refused', async () => {
    await makeTree(at('assets'), [{name: 'a', content: 'a'}]);
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    const download = (job: string, of: string) => storage.downloadAssetBundle(job, of, at('place'));
    await expect(download('job-2', url)).rejects.toMatchObject({code: 'bundle.not-found'});
    await expect(download('job-1', bundleUrl(sha256(Buffer.from('x'))))).rejects.toMatchObject({
      code: 'bundle.not-found',
    });
    await expect(download('job-1', '../../etc')).rejects.toMatchObject({code: 'input.invalid'});
    for (const job of ['', '..', 'a/b']) {
      await expect(storage.uploadAssetBundle(job, at('assets'))).rejects.toMatchObject({code: 'name.outside-root'});
      await expect(download(job, url)).rejects.toMatchObject({code: 'name.outside-root'});
    }
    expect(await readdir(here)).toEqual(['assets']);
  });

  test('replace nothing: a place is missing, empty, or holds this very bundle', async () => {
    await makeTree(at('assets'), assets);
    const url = await storage.uploadAssetBundle('job-1', at('assets'));
    await makeTree(at('taken'), [{name: 'mine', content: 'mine'}]);
    const taken = storage.downloadAssetBundle('job-1', url, at('taken'));
    await expect(taken).rejects.toMatchObject({code: 'store.not-empty'});
    expect(Object.keys(await snapshot(at('taken')))).toEqual(['mine']);
    const file = storage.downloadAssetBundle('job-1', url, at('taken/mine'));
    await expect(file).rejects.toMatchObject({code: 'store.not-a-directory'});
    await mkdir(at('empty'), {mode: 0o700});
    await storage.downloadAssetBundle('job-1', url, at('empty'));
    expect((await stat(at('empty'))).mode & 0o777).toBe(0o700);
    const inode = (await stat(at('empty'))).ino;
    await storage.downloadAssetBundle('job-1', url, at('empty'));
    expect((await stat(at('empty'))).ino).toBe(inode);
    await writeFile(at('empty/empty'), 'x').catch(() => undefined);
    await chmod(at('empty/empty'), 0o644);
    const changed = storage.downloadAssetBundle('job-1', url, at('empty'));
    await expect(changed).rejects.toMatchObject({code: 'store.not-empty'});
  });
});
