import {mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, it} from 'vitest';
import {openSshChannel} from '../../src/channel/index.js';
import {SshPool} from '../../src/ssh/pool.js';
import {collect} from '../../src/stores/contract/subject.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

let sshd: Sshd;
let root = '';
let pool: SshPool;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-channel-'));
  await mkdir(join(root, 'there'));
  pool = new SshPool(endpointOf(sshd));
});
afterEach(async () => {
  await pool.close();
  await rm(root, {recursive: true, force: true});
});

const there = (...names: readonly string[]) => join(root, 'there', ...names);

/** How many SFTP sessions the server has opened. */
async function sessionsAtServer(): Promise<number> {
  return (await sshd.log()).split("subsystem 'sftp'").length - 1;
}

it('looks at, makes, changes and removes what is there', async () => {
  await using channel = openSshChannel({pool, root: there()});
  await channel.mkdir('a/b', {mode: 0o750});
  await writeFile(there('a/file'), 'content');
  await symlink('file', there('a/link'));
  expect(await channel.stat('/a/file')).toMatchObject({kind: 'file', size: 7});
  expect(await channel.stat('a/nothing')).toBeUndefined();
  expect([await channel.exists('a/link'), await channel.exists('a/nothing')]).toEqual([true, false]);
  expect([await channel.isFile('a/file'), await channel.isFile('a')]).toEqual([true, false]);
  expect([
    await channel.isDirectory('a/'),
    await channel.isDirectory('/'),
    await channel.isDirectory('a/link'),
  ]).toEqual([true, true, false]);
  expect((await collect(channel.list('a'))).map(({name}) => name).sort()).toEqual(['b', 'file', 'link']);
  expect(await channel.readlink('a/link')).toBe('file');
  await channel.chmod('a/file', 0o640);
  expect((await stat(there('a/file'))).mode & 0o777).toBe(0o640);
  await expect(channel.rename('a/file', 'a/b')).rejects.toMatchObject({code: 'store.already-exists'});
  await channel.rename('a/file', 'a/b/moved');
  await expect(channel.remove('a')).rejects.toMatchObject({code: 'store.not-empty'});
  await channel.remove('a/link');
  await channel.remove('a', {recursive: true});
  expect(await readdir(there())).toEqual([]);
});

it.runIf(userInfo().uid === 0)('gives files to others where the user may', async () => {
  await using channel = openSshChannel({pool, root: there()});
  await writeFile(there('file'), '');
  await channel.chown('file', 1234, 4321);
  expect(await stat(there('file'))).toMatchObject({uid: 1234, gid: 4321});
  expect((await channel.stat('file'))?.owner).toEqual({uid: 1234, gid: 4321});
});

it('sends, fetches and hashes, and does the same with many', async () => {
  await using channel = openSshChannel({pool, root: there()});
  await mkdir(join(root, 'from/sub'), {recursive: true});
  await writeFile(join(root, 'from/a'), 'a');
  await writeFile(join(root, 'from/sub/b'), 'bb');
  const up = await channel.upload(`${root}/from/`, 'up');
  expect(up).toMatchObject({outcome: 'succeeded', counts: {copied: 2}});
  const down = await channel.download(['up/a', 'up/**/b'], `${root}/down/`);
  expect(down.outcomes.map(({name}) => name)).toEqual(['a', 'b']);
  expect(await readFile(join(root, 'down/b'), 'utf8')).toBe('bb');
  expect(await channel.download('up/sub/b', join(root, 'one'))).toMatchObject({counts: {files: 1, copied: 1}});
  expect(await readFile(join(root, 'one'), 'utf8')).toBe('bb');
  const answers = await channel.batch(['up/a', 'up/gone', 'up/sub/b'], async (path) => {
    return (await channel.sha256(path))?.sha256.slice(0, 8);
  });
  expect(answers).toMatchObject([
    {status: 'fulfilled', value: 'ca978112'},
    {status: 'rejected', reason: {code: 'store.not-found'}},
    {status: 'fulfilled', value: '3b64db95'},
  ]);
});

it('uses its sessions again for whatever follows, and ends them with its scope', async () => {
  const before = await sessionsAtServer();
  {
    await using channel = openSshChannel({pool, root: there()});
    for (let file = 0; file < 50; file++) await channel.mkdir(`${file}`);
    await channel.batch(
      Array.from({length: 50}, (_, file) => `${file}`),
      (path) => channel.exists(path),
    );
    expect(await sessionsAtServer()).toBe(before + 1);
    expect(pool.status()).toMatchObject({connections: 1, sessions: 1});
  }
  await expect.poll(() => pool.status().sessions, {timeout: 1_000}).toBe(0);
  expect(pool.status().connections).toBe(1);
  await using next = openSshChannel({pool, root: there()});
  expect(await next.exists('7')).toBe(true);
  expect(pool.status()).toMatchObject({connections: 1, sessions: 1});
});

it('ends what is under way with the reason of its signal', async () => {
  await using channel = openSshChannel({pool, root: there()});
  const reason = new Error('enough');
  await expect(channel.stat('x', {signal: AbortSignal.abort(reason)})).rejects.toBe(reason);
});
