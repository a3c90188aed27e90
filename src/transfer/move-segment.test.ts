import {execFile} from 'node:child_process';
import {mkdir, readFile, readdir, readlink, stat, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {WaybillError} from '../contracts/errors.js';
import {withChaos} from '../stores/decorators/chaos.js';
import {intercepted} from '../stores/decorators/intercepted.js';
import type {Store} from '../stores/store.js';
import {BLOCK_BYTES} from './blocks.js';
import type {FileOutcome} from './file-outcome.js';
import {finishDirectories} from './finish-directories.js';
import {moveSegment, type MoveSegmentOptions} from './move-segment.js';
import {planTree} from './plan-tree.js';
import type {PlannedFile} from './planned-file.js';
import {sweepPartials} from './sweep-partials.js';
import {PARTIALS, seededBytes, sha256, TwoStores} from './testing/two-stores.js';

let stores: TwoStores;
beforeEach(async () => {
  stores = await TwoStores.create();
});
afterEach(() => stores[Symbol.asyncDispose]());

async function plan(): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  for await (const entry of planTree({store: stores.from, root: ''})) if (!('refused' in entry)) files.push(entry);
  return files;
}

function segment(files: readonly PlannedFile[], more: Partial<MoveSegmentOptions> = {}): MoveSegmentOptions {
  return {
    ...{from: stores.from, fromRoot: '', to: stores.to, toRoot: 'out', partials: PARTIALS, owner: 'test', files},
    ...{ifExists: 'replace', signal: new AbortController().signal},
    ...more,
  };
}

test('5,000 small files arrive, each with its own outcome', async () => {
  await mkdir(join(stores.source, 'many'));
  const bytes = (index: number): Buffer => seededBytes(index, 4096);
  for (let index = 0; index < 5000; index++) await writeFile(join(stores.source, 'many', `f${index}`), bytes(index));
  const files = await plan();
  const told: FileOutcome[] = [];
  const {outcomes, progress} = await moveSegment(segment(files, {onOutcome: (outcome) => told.push(outcome)}));
  expect(outcomes).toHaveLength(5001);
  expect(told).toHaveLength(5001);
  expect(progress).toMatchObject({filesDone: 5001, filesTotal: 5001, bytesDone: 5000 * 4096, sentBytes: 5000 * 4096});
  for (let index = 0; index < 5000; index++) {
    expect((await stores.arrived(`out/many/f${index}`))?.equals(bytes(index))).toBe(true);
  }
  expect(await readdir(join(stores.destination, PARTIALS))).toEqual([]);
});

test('a deep tree with empty directories, links, empty files, modes and times', async () => {
  const deep = Array.from({length: 60}, (_, level) => `d${level}`).join('/');
  await mkdir(join(stores.source, deep, 'empty'), {recursive: true, mode: 0o750});
  await stores.put(`${deep}/empty file`, '');
  await stores.put(`${deep}/- odd 'name'\n"$(x)`, 'odd');
  await stores.put('large', seededBytes(9, 2 * BLOCK_BYTES + 3));
  await symlink('d0/d1', join(stores.source, 'inside'));
  const files = await plan();
  const {outcomes} = await moveSegment(segment(files));
  expect(outcomes.filter((outcome) => outcome.outcome === 'failed')).toEqual([]);
  const directories = files.filter((file) => file.kind === 'directory');
  await finishDirectories({to: stores.to, toRoot: 'out', directories, signal: new AbortController().signal});
  for (const file of files) {
    const {mode, modifiedAt} = file;
    if (file.kind === 'link') expect(await readlink(join(stores.destination, 'out', file.name))).toBe(file.linkTarget);
    else
      expect(await stores.to.stat(`out/${file.name}`)).toMatchObject({
        kind: file.kind,
        size: file.size,
        mode,
        modifiedAt,
      });
  }
});

test('one failure stops no other, and final ones become outcomes', async () => {
  for (const name of ['a', 'b', 'c']) await stores.put(name, name);
  const files = await plan();
  await stores.put('b', 'changed since');
  const {outcomes} = await moveSegment(segment(files));
  expect(outcomes.map(({name, outcome}) => [name, outcome])).toEqual([
    ['a', 'copied'],
    ['b', 'failed'],
    ['c', 'copied'],
  ]);
  expect(outcomes[1]).toMatchObject({code: 'source.changed'});
});

test('what may pass by itself is thrown when the others are settled, and the next attempt moves only the rest', async () => {
  await stores.put('large', seededBytes(3, 3 * BLOCK_BYTES));
  for (const name of ['a', 'b', 'c']) await stores.put(name, name);
  const files = await plan();
  const earlier: FileOutcome[] = [];
  const to = withChaos(stores.to, [{method: 'partial.publish', how: 'fail', code: 'ssh.connection-lost'}]);
  const first = moveSegment(segment(files, {to, onOutcome: (outcome) => earlier.push(outcome)}));
  await expect(first).rejects.toMatchObject({code: 'ssh.connection-lost'});
  expect(earlier.map(({name}) => name).sort()).toEqual(['a', 'b', 'c']);
  const {outcomes, progress} = await moveSegment(segment(files, {earlier}));
  expect(outcomes.map(({outcome}) => outcome)).toEqual(['copied', 'copied', 'copied', 'resumed']);
  expect(progress).toMatchObject({sentBytes: 0, resumedBytes: 3 * BLOCK_BYTES});
});

test('a small file that an earlier attempt published is not given up because the look at it failed once', async () => {
  await stores.put('a', 'a');
  const files = await plan();
  await moveSegment(segment(files, {ifExists: 'keep'}));
  const to = withChaos(stores.to, [{method: 'openSource', how: 'fail', code: 'ssh.connection-lost'}]);
  const second = moveSegment(segment(files, {to, ifExists: 'keep'}));
  await expect(second).rejects.toMatchObject({code: 'ssh.connection-lost'});
  const {outcomes} = await moveSegment(segment(files, {to, ifExists: 'keep'}));
  expect(outcomes).toMatchObject([{outcome: 'skipped', verified: 'sha256'}]);
});

test('small files whose unfinished ones hold more than they should are sent anew, beside others', async () => {
  for (const name of ['longer', 'shorter', 'none']) await stores.put(name, `the content of ${name}`);
  const files = await plan();
  const partialOf = (name: string): string => {
    const file = files.find((planned) => planned.name === name);
    if (file === undefined) throw new Error(`${name} is not planned`);
    return stores.partialOf({...file, name: `out/${name}`}).partial;
  };
  await writeFile(partialOf('longer'), 'something else that is longer than the content');
  await writeFile(partialOf('shorter'), 'half');
  const {outcomes} = await moveSegment(segment(files));
  expect(outcomes.map(({name, outcome}) => [name, outcome])).toEqual(files.map(({name}) => [name, 'copied']));
  expect(String(await stores.arrived('out/longer'))).toBe('the content of longer');
  expect(await readdir(join(stores.destination, PARTIALS))).toEqual([]);
});

test('a large file that another attempt publishes meanwhile has arrived, and is no failure', async () => {
  const content = seededBytes(4, 2 * BLOCK_BYTES);
  await stores.put('large', content);
  const files = await plan();
  let looks = 0;
  // The other one is as far as its publish when this one has read the ledger and looks at the destination.
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method === 'stat' && call.path === 'out/large' && looks++ === 0)
      await moveSegment(segment(files, {ifExists: 'keep'}));
    return proceed();
  });
  const {outcomes} = await moveSegment(segment(files, {to, ifExists: 'keep'}));
  expect(looks).toBeGreaterThan(0);
  expect(outcomes).toMatchObject([{outcome: 'resumed', sentBytes: 0}]);
});

test('a large file that another attempt publishes while this one begins is no failure either', async () => {
  await stores.put('large', seededBytes(4, 2 * BLOCK_BYTES));
  const files = await plan();
  let opened = 0;
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method === 'openPartial' && opened++ === 0) await moveSegment(segment(files, {ifExists: 'keep'}));
    return proceed();
  });
  const {outcomes} = await moveSegment(segment(files, {to, ifExists: 'keep'}));
  expect(outcomes).toMatchObject([{outcome: 'skipped', verified: 'sha256'}]);
});

test('an earlier outcome whose file is gone is made true again', async () => {
  await stores.put('a', 'a');
  const files = await plan();
  const {outcomes} = await moveSegment(segment(files));
  await stores.to.remove('out/a');
  await moveSegment(segment(files, {earlier: outcomes}));
  expect((await stores.arrived('out/a'))?.toString()).toBe('a');
});

test('keep: the same bytes are skipped, others fail and stay', async () => {
  await stores.put('same', 'same');
  await stores.put('other', 'other');
  await stores.to.putObject('out/same', Buffer.from('same'));
  await stores.to.putObject('out/other', Buffer.from('MINE!'));
  const {outcomes} = await moveSegment(segment(await plan(), {ifExists: 'keep'}));
  expect(outcomes).toMatchObject([
    {name: 'other', outcome: 'failed', code: 'store.already-exists'},
    {name: 'same', outcome: 'skipped', sha256: sha256(Buffer.from('same'))},
  ]);
  expect((await stores.arrived('out/other'))?.toString()).toBe('MINE!');
});

test('a link out of the tree is refused by name, also where the plan has it', async () => {
  const file: PlannedFile = {name: 'l', kind: 'link', size: 0, mode: 0o777, modifiedAt: 0, linkTarget: '../../etc'};
  const {outcomes} = await moveSegment(segment([file]));
  expect(outcomes).toMatchObject([{outcome: 'failed', code: 'link.leaves-root'}]);
});

test('an attempt that is out of touch writes no small file either', async () => {
  await stores.put('a', 'a');
  const moving = moveSegment(segment(await plan(), {isCurrent: () => false}));
  await expect(moving).rejects.toMatchObject({code: 'transfer.superseded'});
  expect(await stores.arrived('out/a')).toBeUndefined();
});

test('memory under way stays within its bounds', async () => {
  for (const name of ['x', 'y', 'z']) await stores.put(name, seededBytes(4, 6 * BLOCK_BYTES));
  let underWay = 0;
  let most = 0;
  const to = intercepted(stores.to, async (call, proceed) => {
    if (call.method !== 'partial.write') return proceed();
    underWay += call.content?.length ?? 0;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setTimeout(resolve, 30));
    try {
      return await proceed();
    } finally {
      underWay -= call.content?.length ?? 0;
    }
  });
  await moveSegment(segment(await plan(), {to}));
  // Two files, each with the four chunks of a mebibyte that the store asks for, and records of their ledgers.
  expect(most).toBeLessThanOrEqual(9 * 1024 * 1024);
});

test('a full disk is told as such, publishes nothing, and the transfer goes on when there is space', async () => {
  const mount = join(stores.root, 'small');
  await mkdir(mount);
  await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', mount]);
  const small = await TwoStores.create(mount);
  try {
    await stores.put('large', seededBytes(5, 3 * BLOCK_BYTES + 1));
    const options = segment(await plan(), {to: small.to});
    await expect(moveSegment(options)).rejects.toMatchObject({code: 'store.no-space'});
    expect(await small.arrived('out/large')).toBeUndefined();
    await promisify(execFile)('mount', ['-o', 'remount,size=64m', mount]);
    const {outcomes} = await moveSegment(options);
    expect(outcomes).toMatchObject([{outcome: 'resumed', sha256: sha256(seededBytes(5, 3 * BLOCK_BYTES + 1))}]);
  } finally {
    await promisify(execFile)('umount', ['-l', mount]);
  }
});

test('the sweep removes what nobody owns, and only names of its own kind', async () => {
  const key = 'a'.repeat(40);
  for (const name of [`${key}.partial`, `${key}.ledger`, `${'b'.repeat(40)}.partial`, 'mine.txt']) {
    await writeFile(join(stores.destination, PARTIALS, name), '');
  }
  const removed = await sweepPartials({
    store: stores.to,
    directory: PARTIALS,
    isOwned: ({key: of}) => of.startsWith('b'),
  });
  expect(removed).toBe(2);
  expect((await readdir(join(stores.destination, PARTIALS))).sort()).toEqual([`${'b'.repeat(40)}.partial`, 'mine.txt']);
  expect((await stat(join(stores.destination, PARTIALS, 'mine.txt'))).isFile()).toBe(true);
  expect((await readFile(join(stores.destination, PARTIALS, 'mine.txt'))).length).toBe(0);
});

test('a text that an attempt has published compressed, unheard, is not sent once more as it is where the line dropped', async () => {
  const file = {...(await stores.put('text', 'so it is\n'.repeat(1_100_000))), compressAs: 'text.gz'};
  const to = withChaos(stores.to, [{method: 'partial.publish', how: 'lose-answer', code: 'ssh.connection-lost'}]);
  await expect(moveSegment(segment([file], {to}))).rejects.toMatchObject({code: 'ssh.connection-lost'});
  const {outcomes} = await moveSegment(segment([file], {before: 'stalled'}));
  expect(outcomes).toMatchObject([{outcome: 'resumed', stored: {name: 'text.gz', compression: 'gzip'}}]);
  expect(await readdir(join(stores.destination, 'out'))).toEqual(['text.gz']);
});

/** Hexadecimal digits take up half of their bytes: three blocks of what is compressed. */
const hexadecimal = Buffer.from(seededBytes(21, 2 * BLOCK_BYTES).toString('hex'));

/** The destination over a line that is lost for good when so many bytes of unfinished files are written. */
function lostAfter(bytes: number): Store {
  let written = 0;
  return intercepted(stores.to, async (call, proceed) => {
    if (call.method !== 'partial.write' || !call.path.endsWith('.partial')) return proceed();
    written += call.content?.length ?? 0;
    if (written > bytes) throw new WaybillError('ssh.connection-lost', 'The line is lost.');
    return proceed();
  });
}

test('a text of which blocks have arrived compressed goes on so, also where an attempt got no further', async () => {
  const file = {...(await stores.put('text', hexadecimal)), compressAs: 'text.gz'};
  const cut = moveSegment(segment([file], {to: lostAfter(2 * BLOCK_BYTES)}));
  await expect(cut).rejects.toMatchObject({code: 'ssh.connection-lost'});
  const {outcomes, progress} = await moveSegment(segment([file], {before: 'stalled'}));
  expect(outcomes).toMatchObject([{outcome: 'resumed', stored: {name: 'text.gz', compression: 'gzip'}}]);
  expect(progress.resumedBytes).toBeGreaterThan(BLOCK_BYTES);
});

test('a text of which nothing has arrived goes as it is where an attempt got no further', async () => {
  const file = {...(await stores.put('text', hexadecimal)), compressAs: 'text.gz'};
  const {outcomes} = await moveSegment(segment([file], {before: 'stalled'}));
  expect(outcomes).toMatchObject([{outcome: 'copied', sha256: sha256(hexadecimal)}]);
  expect(await readdir(join(stores.destination, 'out'))).toEqual(['text']);
});

test('a text of which blocks have arrived as it is goes on so, and is not compressed from its beginning', async () => {
  const file = await stores.put('text', hexadecimal);
  const cut = moveSegment(segment([file], {to: lostAfter(3 * BLOCK_BYTES)}));
  await expect(cut).rejects.toMatchObject({code: 'ssh.connection-lost'});
  const {outcomes, progress} = await moveSegment(segment([{...file, compressAs: 'text.gz'}]));
  expect(outcomes).toMatchObject([{outcome: 'resumed', sha256: sha256(hexadecimal)}]);
  expect(progress.resumedBytes).toBeGreaterThanOrEqual(BLOCK_BYTES);
  expect(await readdir(join(stores.destination, 'out'))).toEqual(['text']);
});

test('a text goes as it is over a line that got no further and carries no sample of it', async () => {
  const file = {...(await stores.put('text', hexadecimal)), compressAs: 'text.gz'};
  // Of another file: by it alone nobody can tell that nothing of this one has arrived compressed.
  await writeFile(join(stores.destination, PARTIALS, `${'c'.repeat(40)}.ledger`), '');
  const losing = () => withChaos(stores.from, [{method: 'source.read', how: 'fail', code: 'ssh.connection-lost'}]);
  const first = moveSegment(segment([file], {from: losing()}));
  await expect(first).rejects.toMatchObject({code: 'ssh.connection-lost'});
  const {outcomes} = await moveSegment(segment([file], {from: losing(), before: 'stalled'}));
  expect(outcomes).toMatchObject([{outcome: 'copied', sha256: sha256(hexadecimal)}]);
  expect(outcomes[0]).not.toHaveProperty('stored');
});

test('what lies compressed at its source arrives as it was, also after it was cut, beside what does not', async () => {
  // Hexadecimal digits take up half of their bytes.
  const text = Buffer.from(seededBytes(11, 2 * BLOCK_BYTES).toString('hex'));
  const marked = {...(await stores.put('a.txt', text)), compressAs: 'a.txt.gz'};
  const others = [await stores.put('b', 'b'), await stores.put('c', seededBytes(12, BLOCK_BYTES + 1))];
  const [there] = (await moveSegment(segment([marked, ...others]))).outcomes;
  if (there === undefined || there.outcome === 'failed' || there.stored === undefined)
    throw new Error('not compressed');
  await stores.from.makeDirectory('.back');
  const {name, kind, size, mode, modifiedAt} = marked;
  const planned = {name, kind, size, mode, modifiedAt, sha256: sha256(text), source: 'a.txt.gz', stored: there.stored};
  const back = (to: Store) => ({
    ...segment([planned, ...others.map((file) => ({...file, identity: undefined}))]),
    ...{from: stores.to, fromRoot: 'out', to, toRoot: 'back', partials: '.back'},
  });
  let written = 0;
  const dying = intercepted(stores.from, async (call, proceed) => {
    if (call.method !== 'partial.write' || !call.path.endsWith('.partial')) return proceed();
    if ((written += call.content?.length ?? 0) > 3 * BLOCK_BYTES) throw new Error('killed');
    return proceed();
  });
  await expect(moveSegment(back(dying))).rejects.toThrow('killed');
  const {outcomes} = await moveSegment(back(stores.from));
  expect(outcomes).toMatchObject([
    {outcome: 'resumed', name: 'a.txt', size: text.length, sha256: sha256(text)},
    {name: 'b', size: 1},
    {name: 'c', size: BLOCK_BYTES + 1},
  ]);
  expect((await readFile(join(stores.source, 'back/a.txt'))).equals(text)).toBe(true);
  expect(await readFile(join(stores.source, 'back/b'), 'utf8')).toBe('b');
});
