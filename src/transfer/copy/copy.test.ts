import {chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {seededBytes, sha256, TwoStores} from '../testing/two-stores.js';
import {copy, type CopyOptions} from './copy.js';
import {copyEvents} from './event-stream.js';
import type {CopyEvent} from './events.js';

async function names(directory: string): Promise<readonly string[]> {
  return (await readdir(directory, {recursive: true})).filter((name) => name !== '.partials').sort();
}

async function tree(): Promise<TwoStores> {
  const stores = await TwoStores.create();
  await stores.put('tree/a.txt', 'a');
  await stores.put('tree/sub/b.log', 'bb');
  await stores.put('tree/sub/deep/c.txt', 'ccc');
  await stores.put('tree/.hidden', 'h');
  await mkdir(join(stores.source, 'tree/empty'));
  return stores;
}

async function run(stores: TwoStores, source: string | readonly string[], to: string, options: CopyOptions = {}) {
  const sources = (typeof source === 'string' ? [source] : source).map((path) => ({store: stores.from, path}));
  return copy(sources, {store: stores.to, path: to}, options);
}

describe('where things arrive', () => {
  it('puts a directory below its own name, also the second time', async () => {
    await using stores = await tree();
    await run(stores, 'tree', 'out');
    const result = await run(stores, 'tree', 'out');
    expect(result).toMatchObject({outcome: 'succeeded', counts: {files: 3, bytes: 6, copied: 3, failed: 0}});
    expect(await names(join(stores.destination, 'out'))).toEqual([
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
    await using stores = await tree();
    await run(stores, 'tree/', 'out');
    expect(await names(join(stores.destination, 'out'))).toContain('sub/deep/c.txt');
    expect(await names(join(stores.destination, 'out'))).not.toContain('tree');
  });

  it('gives one file the name of the destination, and keeps its own in a directory', async () => {
    await using stores = await tree();
    await run(stores, 'tree/a.txt', 'x/renamed.txt');
    await run(stores, 'tree/a.txt', 'dir/');
    await run(stores, 'tree/a.txt', 'dir');
    await run(stores, ['tree/a.txt', 'tree/sub/b.log'], 'both');
    expect(await names(stores.destination)).toEqual([
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
    await using stores = await tree();
    await stores.put('tree/[x].txt', 'x');
    await run(stores, 'tree/**/*.txt', 'all');
    await run(stores, 'tree/[x].txt', 'one');
    await run(stores, 'tree/s*/b.*', 'some');
    expect(await names(join(stores.destination, 'all'))).toEqual(['[x].txt', 'a.txt', 'c.txt']);
    expect(await readFile(join(stores.destination, 'one'), 'utf8')).toBe('x');
    expect(await names(join(stores.destination, 'some'))).toEqual(['b.log']);
    await expect(run(stores, 'tree/*.nope', 'none')).rejects.toMatchObject({code: 'transfer.nothing-matches'});
    await expect(run(stores, 'tree/nope', 'none')).rejects.toMatchObject({code: 'store.not-found'});
  });

  it('refuses two sources that would be one file, and what would be copied into itself', async () => {
    await using stores = await tree();
    await stores.put('other/a.txt', 'other');
    const from = stores.from.name;
    await expect(run(stores, ['tree/a.txt', 'other/a.txt'], 'out')).rejects.toMatchObject({
      code: 'name.collision',
      message: `${from}:tree/a.txt and ${from}:other/a.txt would both be a.txt`,
    });
    await expect(run(stores, ['tree/', 'other/'], 'out')).rejects.toMatchObject({
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
    await using stores = await tree();
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
    await using stores = await tree();
    await run(stores, 'tree/', 'with', {hidden: true});
    await run(stores, 'tree/.hidden', 'named/');
    expect(await names(join(stores.destination, 'with'))).toContain('.hidden');
    expect(await names(join(stores.destination, 'named'))).toEqual(['.hidden']);
  });

  it('includes and excludes by pattern, and leaves directories out without recursion', async () => {
    await using stores = await tree();
    await run(stores, 'tree/', 'txt', {include: ['*.txt'], exclude: ['deep']});
    await run(stores, 'tree/', 'flat', {recursive: false});
    expect(await names(join(stores.destination, 'txt'))).toEqual(['a.txt']);
    expect(await names(join(stores.destination, 'flat'))).toEqual(['a.txt']);
  });

  it('reports what is too large and goes on', async () => {
    await using stores = await tree();
    const result = await run(stores, 'tree/', 'out', {maxSizeBytes: 2});
    expect(result).toMatchObject({
      outcome: 'succeeded',
      leftOut: 1,
      warnings: [{name: 'sub/deep/c.txt', code: 'source.too-large'}],
    });
  });

  it('follows, skips or copies links, and never one that leaves the tree', async () => {
    await using stores = await tree();
    await symlink('a.txt', join(stores.source, 'tree/inside'));
    await symlink('/etc/passwd', join(stores.source, 'tree/outside'));
    await symlink('sub', join(stores.source, 'tree/directory'));
    const followed = await run(stores, 'tree/', 'follow');
    const skipped = await run(stores, 'tree/', 'skip', {symlinks: 'skip'});
    const copied = await run(stores, 'tree/', 'copy', {symlinks: 'copy'});
    expect((await lstat(join(stores.destination, 'follow/inside'))).isFile()).toBe(true);
    expect(followed.warnings.map(({name, code}) => `${name} ${code}`)).toEqual([
      'directory link.not-followed',
      'outside link.leaves-root',
    ]);
    expect(skipped.leftOut).toBe(3);
    expect(await names(join(stores.destination, 'skip'))).not.toContain('inside');
    expect(await readlink(join(stores.destination, 'copy/directory'))).toBe('sub');
    expect(copied.warnings.map(({name}) => name)).toEqual(['outside']);
    // A link that is named itself is followed.
    await run(stores, 'tree/inside', 'named');
    expect(await readFile(join(stores.destination, 'named'), 'utf8')).toBe('a');
  });

  it('keeps times and modes, of directories too, or the usual ones within those of the source', async () => {
    await using stores = await tree();
    const sub = join(stores.source, 'tree/sub');
    await chmod(join(stores.source, 'tree/a.txt'), 0o600);
    await chmod(join(sub, 'b.log'), 0o755);
    await utimes(sub, 1_600_000_000, 1_600_000_000);
    await run(stores, 'tree/', 'kept');
    await run(stores, 'tree/', 'plain', {preserveMode: false, preserveTimes: false});
    const mode = async (name: string) => (await stat(join(stores.destination, name))).mode & 0o777;
    expect(await mode('kept/sub/b.log')).toBe(0o755);
    expect((await stat(join(stores.destination, 'kept/sub'))).mtimeMs).toBe(1_600_000_000_000);
    expect(await mode('plain/sub/b.log')).toBe(0o644);
    expect(await mode('plain/a.txt')).toBe(0o600);
    expect((await stat(join(stores.destination, 'plain/sub'))).mtimeMs).toBeGreaterThan(1_700_000_000_000);
  });
});

describe('what happens to a file that exists', () => {
  async function there(overwrite: CopyOptions['overwrite'], options: CopyOptions = {}) {
    const stores = await TwoStores.create();
    const put = async (name: string, content: string, at: number) => {
      await writeFile(join(stores.destination, name), content);
      await utimes(join(stores.destination, name), at, at);
    };
    for (const name of ['older', 'newer', 'same', 'touched', 'larger']) {
      await stores.put(`src/${name}`, name === 'same' || name === 'touched' ? 'equal' : 'fresh');
      await utimes(join(stores.source, 'src', name), 1_000_000, 1_000_000);
    }
    await put('older', 'stale', 999_990);
    await put('newer', 'stale', 1_000_010);
    await put('same', 'equal', 1_000_000);
    await put('touched', 'equal', 1_000_010);
    await put('larger', 'longer than fresh', 1_000_000);
    const result = await run(stores, 'src/', '', {...options, ...(overwrite === undefined ? {} : {overwrite})});
    const kept = result.outcomes.filter(({outcome}) => outcome === 'skipped').map(({name}) => name);
    const content = await readFile(join(stores.destination, 'newer'), 'utf8');
    await stores[Symbol.asyncDispose]();
    return {kept, content, result};
  }

  it.each([
    ['always', {}, [], 'fresh'],
    ['never', {}, ['larger', 'newer', 'older', 'same', 'touched'], 'stale'],
    ['newer', {}, ['larger', 'newer', 'same', 'touched'], 'stale'],
    ['different', {}, ['same', 'touched'], 'fresh'],
    ['different', {verify: 'size'}, ['same'], 'fresh'],
  ] as const)('%s %j keeps %j', async (overwrite, options, expected, content) => {
    const found = await there(overwrite, options);
    expect(found.kept).toEqual(expected);
    expect(found.content).toBe(content);
    expect(found.result.counts.skipped).toBe(expected.length);
  });

  it('says what it would do in a dry run, and does nothing', async () => {
    await using stores = await tree();
    const events: CopyEvent[] = [];
    const result = await run(stores, 'tree/', 'out', {dryRun: true, onEvent: (event) => events.push(event)});
    expect(result).toMatchObject({dryRun: true, counts: {files: 3, bytes: 6, sentBytes: 0}});
    expect(events.flatMap((event) => (event.event === 'planned' ? [`${event.name} ${event.would}`] : []))).toContain(
      'sub/b.log copy',
    );
    expect(await names(stores.destination)).toEqual([]);
  });
});

describe('how it goes', () => {
  it('tells every event once, in order, and every outcome with its digest', async () => {
    await using stores = await tree();
    const content = seededBytes(1, 9_000_000);
    await stores.put('tree/large', content);
    const told: string[] = [];
    for await (const event of copyEvents({store: stores.from, path: 'tree/'}, {store: stores.to, path: 'out'})) {
      if (event.event === 'file-completed' && event.outcome.kind === 'file') told.push(event.outcome.name);
      else if (event.event === 'started') told.push(`started ${event.bytes}`);
      else if (event.event === 'completed') {
        const large = event.result.outcomes.find(({name}) => name === 'large');
        expect(large).toMatchObject({sha256: sha256(content), sentBytes: content.length, verified: 'sha256'});
        told.push('completed');
      }
    }
    expect(told[0]).toBe(`started ${content.length + 6}`);
    expect(told.at(-1)).toBe('completed');
    expect(new Set(told)).toEqual(new Set(['a.txt', 'completed', 'large', 'sub/b.log', 'sub/deep/c.txt', told[0]]));
    expect(await names(join(stores.destination, 'out'))).not.toContain(expect.stringContaining('.waybill'));
  });

  it('takes up what an interrupted copy left, and not with resume off', async () => {
    await using stores = await TwoStores.create();
    const content = seededBytes(2, 60_000_000);
    await stores.put('large', content);
    const interrupted = async (options: CopyOptions) => {
      const stop = new AbortController();
      const stopped = run(stores, 'large', 'out', {
        ...options,
        signal: stop.signal,
        onEvent: (event) => {
          if (event.event === 'progress' && event.progress.sentBytes > 30_000_000) stop.abort(new Error('enough'));
        },
        limitRate: 100_000_000,
      });
      await expect(stopped).rejects.toThrow('enough');
      expect((await names(stores.destination)).some((name) => name.startsWith('.waybill-transfer-'))).toBe(true);
    };
    await interrupted({});
    const resumed = await run(stores, 'large', 'out');
    expect(resumed.counts).toMatchObject({resumed: 1});
    expect(resumed.counts.resumedBytes).toBeGreaterThan(8_000_000);
    await interrupted({});
    expect((await run(stores, 'large', 'out', {resume: false})).counts).toMatchObject({resumedBytes: 0, copied: 1});
    expect(sha256(await readFile(join(stores.destination, 'out')))).toBe(sha256(content));
    expect((await names(stores.destination)).filter((name) => name.startsWith('.waybill'))).toEqual([]);
  });

  it('keeps to the rate that it was given', async () => {
    await using stores = await TwoStores.create();
    await stores.put('large', seededBytes(3, 10_000_000));
    const started = performance.now();
    await run(stores, 'large', 'out', {limitRate: 10_000_000});
    expect(performance.now() - started).toBeGreaterThan(650);
  });

  it('goes on after a failure, and stops at it where that is asked for', async () => {
    await using stores = await TwoStores.create();
    for (let file = 0; file < 600; file++) await stores.put(`src/${String(file).padStart(3, '0')}`, 'x');
    await mkdir(join(stores.destination, 'out/005'), {recursive: true});
    const on = await run(stores, 'src/', 'out');
    expect(on).toMatchObject({outcome: 'failed', counts: {copied: 599, failed: 1}, failures: [{name: '005'}]});
    await mkdir(join(stores.destination, 'fast/005'), {recursive: true});
    const fast = await run(stores, 'src/', 'fast', {failFast: true});
    expect(fast.outcome).toBe('failed');
    expect(fast.outcomes).toHaveLength(600);
    expect(fast.outcomes.some((file) => file.outcome === 'failed' && file.code === 'transfer.not-tried')).toBe(true);
  });
});
