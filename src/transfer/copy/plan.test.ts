import {chmod, lstat, readFile, readlink, stat, symlink, utimes} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {copyAcross, namesBelow, twoStoresWithTree} from '../testing/copied-tree.js';
import {copy} from './copy.js';

describe('where things arrive', () => {
  it('puts a directory below its own name, also the second time', async () => {
    await using stores = await twoStoresWithTree();
    await copyAcross(stores, 'tree', 'out');
    const result = await copyAcross(stores, 'tree', 'out');
    expect(result).toMatchObject({outcome: 'succeeded', counts: {files: 3, bytes: 6, copied: 3, failed: 0}});
    expect(await namesBelow(join(stores.destination, 'out'))).toEqual([
      'tree',
      'tree/a.txt',
      'tree/empty',
      'tree/sub',
      'tree/sub/b.log',
      'tree/sub/deep',
      'tree/sub/deep/c.txt',
    ]);
  });

  it('puts the contents of a directory with a trailing slash', async () => {
    await using stores = await twoStoresWithTree();
    await copyAcross(stores, 'tree/', 'out');
    expect(await namesBelow(join(stores.destination, 'out'))).toContain('sub/deep/c.txt');
    expect(await namesBelow(join(stores.destination, 'out'))).not.toContain('tree');
  });

  it('gives one file the name of the destination, and keeps its own in a directory', async () => {
    await using stores = await twoStoresWithTree();
    await copyAcross(stores, 'tree/a.txt', 'x/renamed.txt');
    await copyAcross(stores, 'tree/a.txt', 'dir/');
    await copyAcross(stores, 'tree/a.txt', 'dir');
    await copyAcross(stores, ['tree/a.txt', 'tree/sub/b.log'], 'both');
    expect(await namesBelow(stores.destination)).toEqual([
      'both',
      'both/a.txt',
      'both/b.log',
      'dir',
      'dir/a.txt',
      'x',
      'x/renamed.txt',
    ]);
  });

  it('expands patterns, ** across directories, and leaves a name that looks like one alone', async () => {
    await using stores = await twoStoresWithTree();
    await stores.put('tree/[x].txt', 'x');
    await copyAcross(stores, 'tree/**/*.txt', 'all');
    await copyAcross(stores, 'tree/[x].txt', 'one');
    await copyAcross(stores, 'tree/s*/b.*', 'some');
    expect(await namesBelow(join(stores.destination, 'all'))).toEqual(['[x].txt', 'a.txt', 'c.txt']);
    expect(await readFile(join(stores.destination, 'one'), 'utf8')).toBe('x');
    expect(await namesBelow(join(stores.destination, 'some'))).toEqual(['b.log']);
    await expect(copyAcross(stores, 'tree/*.nope', 'none')).rejects.toMatchObject({code: 'transfer.nothing-matches'});
    await expect(copyAcross(stores, 'tree/nope', 'none')).rejects.toMatchObject({code: 'store.not-found'});
  });

  it('refuses two sources that would be one file, and what would be copied into itself', async () => {
    await using stores = await twoStoresWithTree();
    await stores.put('other/a.txt', 'other');
    const from = stores.from.name;
    await expect(copyAcross(stores, ['tree/a.txt', 'other/a.txt'], 'out')).rejects.toMatchObject({
      code: 'name.collision',
      message: `${from}:tree/a.txt and ${from}:other/a.txt would both be a.txt`,
    });
    await expect(copyAcross(stores, ['tree/', 'other/'], 'out')).rejects.toMatchObject({
      message: `${from}:tree/a.txt and ${from}:other/a.txt would both be a.txt`,
    });
    const here = {store: stores.from, path: 'tree'};
    await expect(copy(here, {store: stores.from, path: 'tree/sub'})).rejects.toMatchObject({
      code: 'transfer.same-place',
    });
    await expect(copy({...here, path: 'tree/a.txt'}, {...here, path: 'tree'})).rejects.toMatchObject({
      code: 'transfer.same-place',
    });
    expect(await readFile(join(stores.source, 'tree/a.txt'), 'utf8')).toBe('a');
  });

  it('names in each error the place as it was given', async () => {
    await using stores = await twoStoresWithTree();
    const place = (path: string) => ({store: stores.from, path, shown: (at: string) => `disk:/data/${at}`});
    const to = {store: stores.to, path: 'out', shown: (at: string) => `far:/backup/${at}`};
    await stores.put('file', 'x');
    await copy(place('file'), {...to, path: 'out'});
    for (const [source, destination, message] of [
      ['tree/nope', to, 'there is nothing at disk:/data/tree/nope'],
      ['tree/*.nope', to, 'nothing matches disk:/data/tree/*.nope'],
      ['file/', to, 'disk:/data/file is no directory'],
      ['tree', to, 'far:/backup/out is no directory'],
      ['tree', place('tree/sub'), 'disk:/data/tree would be copied into itself'],
    ] as const) {
      await expect(copy(place(source), destination)).rejects.toMatchObject({message});
    }
  });
});

describe('what is taken', () => {
  it('hidden names only where that is asked for, or where they are named', async () => {
    await using stores = await twoStoresWithTree();
    await copyAcross(stores, 'tree/', 'with', {hidden: true});
    await copyAcross(stores, 'tree/.hidden', 'named/');
    expect(await namesBelow(join(stores.destination, 'with'))).toContain('.hidden');
    expect(await namesBelow(join(stores.destination, 'named'))).toEqual(['.hidden']);
  });

  it('includes and excludes by pattern, and leaves directories out without recursion', async () => {
    await using stores = await twoStoresWithTree();
    await copyAcross(stores, 'tree/', 'txt', {include: ['*.txt'], exclude: ['deep']});
    await copyAcross(stores, 'tree/', 'flat', {recursive: false});
    expect(await namesBelow(join(stores.destination, 'txt'))).toEqual(['a.txt']);
    expect(await namesBelow(join(stores.destination, 'flat'))).toEqual(['a.txt']);
  });

  it('reports what is too large and goes on', async () => {
    await using stores = await twoStoresWithTree();
    const result = await copyAcross(stores, 'tree/', 'out', {maxSizeBytes: 2});
    expect(result).toMatchObject({
      outcome: 'succeeded',
      leftOut: 1,
      warnings: [{name: 'sub/deep/c.txt', code: 'source.too-large'}],
    });
  });

  it('follows, skips or copies links, and never one that leaves the tree', async () => {
    await using stores = await twoStoresWithTree();
    await symlink('a.txt', join(stores.source, 'tree/inside'));
    await symlink('/etc/passwd', join(stores.source, 'tree/outside'));
    await symlink('sub', join(stores.source, 'tree/directory'));
    const followed = await copyAcross(stores, 'tree/', 'follow');
    const skipped = await copyAcross(stores, 'tree/', 'skip', {symlinks: 'skip'});
    const copied = await copyAcross(stores, 'tree/', 'copy', {symlinks: 'copy'});
    expect((await lstat(join(stores.destination, 'follow/inside'))).isFile()).toBe(true);
    expect(followed.warnings.map(({name, code}) => `${name} ${code}`)).toEqual([
      'directory link.not-followed',
      'outside link.leaves-root',
    ]);
    expect(skipped.leftOut).toBe(3);
    expect(await namesBelow(join(stores.destination, 'skip'))).not.toContain('inside');
    expect(await readlink(join(stores.destination, 'copy/directory'))).toBe('sub');
    expect(copied.warnings.map(({name}) => name)).toEqual(['outside']);
    // A link that is named itself is followed.
    await copyAcross(stores, 'tree/inside', 'named');
    expect(await readFile(join(stores.destination, 'named'), 'utf8')).toBe('a');
  });

  it('keeps times and modes, of directories too, or the usual ones within those of the source', async () => {
    await using stores = await twoStoresWithTree();
    const sub = join(stores.source, 'tree/sub');
    await chmod(join(stores.source, 'tree/a.txt'), 0o600);
    await chmod(join(sub, 'b.log'), 0o755);
    for (const path of [join(sub, 'b.log'), sub]) await utimes(path, 1_600_000_000, 1_600_000_000);
    await copyAcross(stores, 'tree/', 'kept');
    await copyAcross(stores, 'tree/', 'plain', {preserveMode: false, preserveTimes: false});
    const mode = async (name: string) => (await stat(join(stores.destination, name))).mode & 0o777;
    expect(await mode('kept/sub/b.log')).toBe(0o755);
    for (const name of ['sub', 'sub/b.log']) {
      expect((await stat(join(stores.destination, 'kept', name))).mtimeMs, name).toBe(1_600_000_000_000);
      expect((await stat(join(stores.destination, 'plain', name))).mtimeMs, name).toBeGreaterThan(1_700_000_000_000);
    }
    expect(await mode('plain/sub/b.log')).toBe(0o644);
    expect(await mode('plain/a.txt')).toBe(0o600);
  });
});
