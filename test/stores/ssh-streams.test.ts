import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {SshShell} from '../../src/ssh/exec.js';
import {SshPool} from '../../src/ssh/pool.js';
import {patterned} from '../../src/stores/contract/subject.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {FileStreams} from '../../src/stores/ssh/file-streams.js';
import {RunningCommands} from '../../src/stores/ssh/running-commands.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {Store} from '../../src/stores/store.js';
import {copy} from '../../src/transfer/copy/copy.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

const FILES = 40;
const SECONDS = 1_600_000_000;
const SHELLS = ['bash', 'dash', 'fish', 'csh'] as const;
const SCP = 'exec /usr/bin/scp "$@"';

let sshd: Sshd;
let user = '';
let home = '';
let note = '';
const open: {close(): Promise<void>}[] = [];
beforeAll(async () => {
  sshd = await startSshd({shells: SHELLS, maxSessions: 1});
  user = sshd.users.get('bash') ?? '';
  home = `/home/${user}`;
  note = join(home, 'ran');
  await mkdir(join(home, 'bin'));
  // The bash of Debian reads it for the commands of sshd, too, which gives them a PATH of its own.
  await writeFile(join(home, '.bashrc'), 'PATH=$HOME/bin:/usr/bin:/bin\n');
});
afterAll(() => sshd.close());
beforeEach(async () => {
  const {uid, gid} = await stat(home);
  await mkdir(join(home, 'work/from'), {recursive: true});
  for (const name of ['work', 'work/from']) await chown(join(home, name), uid, gid);
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  await rm(join(home, 'work'), {recursive: true});
});

/** Puts a program before the target's own `scp`, which notes how it was run. */
async function placeScp(what: string): Promise<void> {
  await writeFile(note, '');
  await chmod(note, 0o666);
  await writeFile(join(home, 'bin/scp'), `#!/bin/sh\necho "$1 $2 $3" >>${note}\n${what}\n`);
  await chmod(join(home, 'bin/scp'), 0o755);
}

/** How often `scp` gave files. */
async function ran(): Promise<number> {
  return (await readFile(note, 'utf8')).split('\n').filter((line) => line.startsWith('-f ')).length;
}

function there(): Store {
  const pool = new SshPool(endpointOf(sshd, {user}));
  const store = openSshStore({name: 'lab', pool, root: join(home, 'work'), protocol: 'sftp'});
  open.push(pool, store);
  return store;
}

async function placeSources(count = FILES): Promise<readonly (readonly [name: string, content: Buffer])[]> {
  const sources = Array.from({length: count}, (_, index) => {
    const name =
      index === 3 ? '-leading dash' : index === 4 ? 'two\nlines' : index === 5 ? `it's "$HOME" \\ !x` : `file ${index}`;
    return [name, patterned(index * 700, index + 1)] as const;
  });
  for (const [name, content] of sources) {
    await writeFile(join(home, 'work/from', name), content);
    await utimes(join(home, 'work/from', name), SECONDS, SECONDS);
  }
  return sources;
}

async function expectRead(store: Store, sources: Awaited<ReturnType<typeof placeSources>>): Promise<void> {
  const requests = sources.map(([name, content]) => ({path: `from/${name}`, size: content.length}));
  const read = (await store.readFiles?.(requests)) ?? [];
  const contents = read.map((file) => (file.outcome === 'read' ? Buffer.from(file.content).toString('hex') : ''));
  expect(contents).toEqual(sources.map(([, content]) => content.toString('hex')));
}

test('a few small files are read one by one', async () => {
  await placeScp(SCP);
  await expectRead(there(), await placeSources(6));
  expect(await ran()).toBe(0);
});

test.each([
  ['does not answer', 'exit 127'],
  ['answers something else', 'echo hello'],
  ['refuses', `printf '\\001scp: not allowed\\n'; exit 1`],
  ['breaks off in the middle', '/usr/bin/scp "$@" | head -c 100000'],
])('where scp %s, SFTP takes its place', async (_, what) => {
  await placeScp(what);
  await expectRead(there(), await placeSources());
  expect(await ran()).toBe(1);
});

test.each([
  ['does not work', 'exit 1'],
  ['gives none of many files', `printf '\\001scp: not allowed\n'; exit 1`],
])('that scp %s is found out once', async (_, what) => {
  await placeScp(what);
  const sources = await placeSources();
  const store = there();
  await expectRead(store, sources);
  await expectRead(store, sources);
  expect(await ran()).toBe(1);
});

test('an abort ends what scp does at the target', async () => {
  const pid = join(home, 'work/pid');
  await placeScp(`echo $$ >${pid}; exec yes`);
  const sources = await placeSources();
  const requests = sources.map(([name, content]) => ({path: `from/${name}`, size: content.length}));
  const abort = new AbortController();
  const reading = there().readFiles?.(requests, {signal: abort.signal});
  await expect.poll(() => readFile(pid, 'utf8').catch(() => '')).not.toBe('');
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  const running = (await readFile(pid, 'utf8')).trim();
  await expect.poll(() => existsSync(`/proc/${running}`), {timeout: 1_000}).toBe(false);
});

test('no session is held for the next files, for which a host that grants few may have none', async () => {
  await placeScp(SCP);
  const pool = new SshPool(endpointOf(sshd, {user}), {maxConnections: 3});
  const store = openSshStore({name: 'lab', pool, root: join(home, 'work'), protocol: 'sftp'});
  open.push(pool, store);
  await expectRead(store, await placeSources());
  expect(await ran()).toBe(1);
  await pool.openExec('exec cat');
  expect((await new SshShell(pool).run('exit 5', {signal: AbortSignal.timeout(10_000)})).status).toBe(5);
});

test('a look that hangs at the target is left with its caller, and the next one is not behind it', async () => {
  await placeScp(SCP);
  const looking = join(home, 'work/looking');
  const stat = join(home, 'bin/stat');
  await writeFile(stat, `#!/bin/sh\n[ $# -lt 20 ] && exec /usr/bin/stat "$@"\n>${looking}; exec sleep 30\n`);
  await chmod(stat, 0o755);
  const sources = await placeSources();
  const store = there();
  const requests = sources.map(([name, content]) => ({path: `from/${name}`, size: content.length}));
  const abort = new AbortController();
  const reading = store.readFiles?.(requests, {signal: abort.signal});
  await expect.poll(() => existsSync(looking)).toBe(true);
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  await rm(stat);
  const begun = performance.now();
  await expectRead(store, sources);
  expect([await ran(), performance.now() - begun < 10_000]).toEqual([1, true]);
});

test('many small files are read by one scp, and each that it cannot give by itself', async () => {
  await placeScp(SCP);
  const sources = await placeSources();
  await symlink('file 1', join(home, 'work/from/link'));
  await writeFile(join(home, 'work/from/closed'), 'content', {mode: 0o000});
  const store = there();
  const requests = [
    ...sources.map(([name, content]) => ({path: `from/${name}`, size: content.length})),
    ...[
      {path: 'from/link', size: 700},
      {path: 'from/missing', size: 1},
      {path: 'from/closed', size: 7},
    ],
    ...[
      {path: 'from/file 9', size: 10},
      {path: 'from', size: 0},
      {path: 'from/file 1', size: 700},
    ],
  ];
  const read = (await store.readFiles?.(requests)) ?? [];
  expect(read.slice(FILES)).toMatchObject([
    {outcome: 'failed', error: {code: 'source.special-file'}},
    {outcome: 'failed', error: {code: 'store.not-found'}},
    {outcome: 'failed', error: {code: 'store.permission-denied'}},
    {outcome: 'read', entry: {size: 6300}},
    {outcome: 'failed', error: {code: 'source.special-file'}},
    {outcome: 'read', entry: {size: 700}, changed: false},
  ]);
  // No more than was asked for; the entry tells that there is more.
  expect(read.map((file) => (file.outcome === 'read' ? file.content.length : undefined))[FILES + 3]).toBe(10);
  for (const [index, [name, content]] of sources.entries()) {
    const file = read[index];
    if (file?.outcome !== 'read') throw new Error(`${name} was not read`);
    expect([Buffer.from(file.content).equals(content), file.changed]).toEqual([true, false]);
    expect(file.sha256).toBe(createHash('sha256').update(content).digest('hex'));
    const source = await store.openSource(`from/${name}`);
    expect(file.entry).toEqual(source.entry);
    await source.close();
  }
  expect(await ran()).toBe(1);
});

test.each(SHELLS)('a stream serves a user whose login shell is %s', async (shell) => {
  const sources = await placeSources();
  await chmod(home, 0o755);
  const pool = new SshPool(endpointOf(sshd, {user: sshd.users.get(shell) ?? ''}));
  const streams = new FileStreams(pool);
  open.push(pool, {close: async () => streams.close()});
  const files = sources.map(([name, content]) => ({absolute: join(home, 'work/from', name), size: content.length}));
  const got = await streams.get(files, new RunningCommands(), {});
  const withoutNewline = sources.filter(([name]) => !name.includes('\n'));
  expect(got.flatMap((file) => file?.content.toString('hex') ?? [])).toEqual(
    withoutNewline.map(([, content]) => content.toString('hex')),
  );
});

test('a file that changes while scp gives it is told', async () => {
  const changing = join(home, 'work/from/file 7');
  await placeScp(`/usr/bin/scp "$@"; s=$?; printf more >>'${changing}'; exit $s`);
  const sources = await placeSources();
  await chmod(changing, 0o666);
  const requests = sources.map(([name, content]) => ({path: `from/${name}`, size: content.length}));
  const read = (await there().readFiles?.(requests)) ?? [];
  expect(read.flatMap((file) => (file.outcome === 'read' && file.changed ? [file.content.length] : []))).toEqual([
    7 * 700,
  ]);
});

test('a copy from the target takes a stream', async () => {
  await placeScp(SCP);
  const sources = await placeSources();
  const root = await mkdtemp(join(tmpdir(), 'waybill-streams-'));
  const here = openLocalStore({name: 'here', root});
  open.push(here);
  try {
    const {counts} = await copy({store: there(), path: 'from/'}, {store: here, path: 'got'});
    expect([counts.copied, await ran()]).toEqual([FILES, 1]);
    for (const [name, content] of sources) expect((await readFile(join(root, 'got', name))).equals(content)).toBe(true);
  } finally {
    await rm(root, {recursive: true});
  }
});
