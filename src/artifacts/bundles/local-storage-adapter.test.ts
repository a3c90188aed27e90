import {execFileSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {asNobody} from '../../../test/servers/as-nobody.js';
import {WaybillError} from '../../contracts/errors.js';
import {intercepted} from '../../stores/decorators/intercepted.js';
import {openLocalStore} from '../../stores/local/store.js';
import {type ArtifactStorage, BundleStorage, LocalStorageAdapter} from './index.js';

let root: string;
let storage: ArtifactStorage;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-adapter-'));
  await mkdir(at('assets'));
  storage = new LocalStorageAdapter(at('storage'));
});
afterEach(() => rm(root, {recursive: true, force: true}));

function at(...names: readonly string[]): string {
  return join(root, ...names);
}
const upload = (directory = 'assets'): Promise<string> => storage.uploadAssetBundle('job', at(directory));

it('carries a directory there and back', async () => {
  await mkdir(at('assets/none'));
  await writeFile(at('assets/a'), 'content');
  const url = await upload();
  expect(url).toMatch(/^waybill-bundle:sha256:[0-9a-f]{64}$/);
  await storage.downloadAssetBundle('job', url, at('place'));
  expect(await readFile(at('place/a'), 'utf8')).toBe('content');
  expect((await readdir(at('place'))).sort()).toEqual(['a', 'none']);
  // The modes of the assets are in the manifest; their content is for its owner.
  for (const name of await readdir(at('storage/blobs'), {recursive: true})) {
    const {mode} = await stat(at('storage/blobs', name));
    if (name.includes('/')) expect(mode & 0o777).toBe(0o600);
  }
});

describe('an upload', () => {
  it.each<[string, () => Promise<unknown>, string, string]>([
    ['that is not there', () => rm(at('assets'), {recursive: true}), 'store.not-found', ''],
    [
      'that is a file',
      () => rm(at('assets'), {recursive: true}).then(() => writeFile(at('assets'), 'x')),
      'store.not-a-directory',
      '',
    ],
    ['with a link out of it', () => symlink('../storage', at('assets/out')), 'link.leaves-root', 'out'],
    ['with a FIFO', async () => execFileSync('mkfifo', [at('assets/pipe')]), 'source.special-file', 'pipe'],
    [
      'with a name that is no text',
      async () => writeFile(Buffer.from(`${at('assets')}/\xff`, 'latin1'), 'x'),
      'name.not-carried',
      '\\xff',
    ],
  ])('of a directory %s is refused by name, and nothing is there', async (_, prepare, code, path) => {
    await prepare();
    await expect(upload()).rejects.toMatchObject({code, path, retryable: false});
    expect(await readdir(root)).not.toContain('storage');
  });

  it.each(['file', 'directory'])('of a %s that may not be read is refused by name', async (kind) => {
    if (kind === 'file') await writeFile(at('assets/closed'), 'x', {mode: 0});
    else await mkdir(at('assets/closed'), {mode: 0});
    await chmod(root, 0o755);
    await chmod(at('assets'), 0o755);
    const refused = await asNobody(() => upload().catch((error: unknown) => error));
    expect(refused).toMatchObject({code: 'store.permission-denied', path: 'closed'});
    await chmod(at('assets/closed'), 0o700);
  });

  it('into a storage that may not be written says so', async () => {
    await writeFile(at('assets/a'), 'x');
    await mkdir(at('storage'), {mode: 0o555});
    for (const each of [root, at('assets')]) await chmod(each, 0o755);
    const refused = await asNobody(() => upload().catch((error: unknown) => error));
    expect(refused).toMatchObject({code: 'store.permission-denied'});
  });

  it('of a file that changes meanwhile is refused, and takes neither state for the other', async () => {
    const size = 24 * 1024 * 1024;
    await writeFile(at('assets/large'), Buffer.alloc(size, 1));
    let changed: Promise<void> | undefined;
    const uploading = storage.uploadAssetBundle('job', at('assets'), {
      onProgress: () => {
        changed ??= writeFile(at('assets/large'), Buffer.alloc(size, 2));
      },
    });
    await expect(uploading).rejects.toMatchObject({code: 'source.changed', path: 'large'});
    await changed;
    await storage.downloadAssetBundle('job', await upload(), at('place'));
    expect((await readFile(at('place/large'))).equals(Buffer.alloc(size, 2))).toBe(true);
  });

  it('removes what others have left unfinished for a week, and nothing that is younger', async () => {
    const names = ['old', 'young'].map((name) => at('storage/partials', name, `${'a'.repeat(40)}.partial`));
    for (const name of names) {
      await mkdir(join(name, '..'), {recursive: true});
      await writeFile(name, 'x');
    }
    const [old = '', young = ''] = names;
    const before = (days: number): Date => new Date(Date.now() - days * 86_400_000);
    await utimes(old, before(8), before(8));
    await utimes(young, before(6), before(6));
    await writeFile(at('assets/a'), 'new');
    await upload();
    expect(await readdir(at('storage/partials'))).toEqual(['young']);
    expect(await readFile(young, 'utf8')).toBe('x');
  });

  it('leaves to a newer version what that left unfinished, and tells of it', async () => {
    const partials = ['a', 'b'].map((letter) => at('storage/partials/old', `${letter.repeat(40)}.partial`));
    await mkdir(at('storage/partials/old'), {recursive: true});
    for (const path of partials) {
      await writeFile(path, 'x');
      await utimes(path, 0, 0);
    }
    await writeFile(at('assets/a'), 'new');
    const local = openLocalStore({name: 'storage', root: at('storage')});
    const store = intercepted(local, async ({method, path}, proceed) => {
      if (method !== 'remove' || !path.endsWith(`${'a'.repeat(40)}.partial`)) return await proceed();
      throw new WaybillError('transfer.newer-version', 'A newer Waybill began this upload.');
    });
    const newer: number[] = [];
    const options = {onNewer: (count: number) => void newer.push(count)};
    await new BundleStorage(store).uploadAssetBundle('job', at('assets'), options);
    expect(newer).toEqual([1]);
    expect(await readdir(at('storage/partials/old'))).toEqual([`${'a'.repeat(40)}.partial`]);
    await writeFile(at('assets/a'), 'newer');
    await new BundleStorage(local).uploadAssetBundle('job', at('assets'), options);
    expect(newer).toEqual([1]);
    await local.close();
  });
});

describe('a download', () => {
  it('to where nothing may be written says so, and leaves nothing', async () => {
    await writeFile(at('assets/a'), 'x', {mode: 0o644});
    const url = await upload();
    await mkdir(at('closed'), {mode: 0o555});
    execFileSync('chmod', ['-R', 'a+rX', at('storage'), root]);
    const refused = await asNobody(() =>
      storage.downloadAssetBundle('job', url, at('closed/place')).catch((error: unknown) => error),
    );
    expect(refused).toMatchObject({code: 'store.permission-denied'});
    expect(await readdir(at('closed'))).toEqual([]);
  });

  it('has the times of the download, not of the assets', async () => {
    await writeFile(at('assets/a'), 'x');
    await utimes(at('assets/a'), 1, 1);
    const begun = Math.floor(Date.now() / 1000) * 1000;
    await storage.downloadAssetBundle('job', await upload(), at('place'));
    expect((await stat(at('place/a'))).mtimeMs).toBeGreaterThanOrEqual(begun);
  });

  it('goes where a link leads that has the name', async () => {
    await writeFile(at('assets/a'), 'x');
    await mkdir(at('far'));
    await symlink('far', at('place'));
    await storage.downloadAssetBundle('job', await upload(), at('place'));
    expect(await readdir(at('far'))).toEqual(['a']);
  });

  it('ends with the reason of its signal, and so does an upload', async () => {
    await writeFile(at('assets/a'), 'x');
    const url = await upload();
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(storage.downloadAssetBundle('job', url, at('place'), {signal})).rejects.toThrow('stop');
    await expect(storage.uploadAssetBundle('job', at('assets'), {signal})).rejects.toThrow('stop');
    expect(await readdir(root)).not.toContain('place');
  });
});
