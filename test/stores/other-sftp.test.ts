import {mkdir, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {SshShell} from '../../src/ssh/exec.js';
import {SshPool} from '../../src/ssh/pool.js';
import {HashShell} from '../../src/stores/ssh/hash-shell.js';
import {proveFiles} from '../../src/stores/ssh/prove-files.js';
import {SftpSession} from '../../src/stores/ssh/session.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {type OtherSftp, startOtherSftp} from '../servers/other-sftp.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

let sshd: Sshd;
let other: OtherSftp;
let directory = '';
let pool: SshPool;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());

describe.each(['first', 'second'] as const)('a server that makes the %s name of a link', (makes) => {
  beforeAll(async () => {
    other = await startOtherSftp(sshd.hostKeyFiles[0] ?? '', makes);
  });
  afterAll(() => other.close());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'waybill-other-sftp-'));
    pool = new SshPool(endpointOf(sshd, {port: other.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`}));
  });
  afterEach(async () => {
    await pool.close();
    await rm(directory, {recursive: true, force: true});
  });

  test('a link is made under its own name, not under that of its target', async () => {
    const root = join(directory, 'root');
    await mkdir(root);
    const store = openSshStore({name: 'other', pool, root});
    // Absolute, so that a server that made this name would make it there.
    const target = join(root, 'chosen by the target');
    await store.makeLink('link', target);
    await store.makeLink('second', 'link');
    expect(await store.readLink('link')).toBe(target);
    expect((await readdir(root)).sort()).toEqual(['link', 'second']);
    await store.close();
  });

  test('a server that takes no command has no shell, and says so by its code', async () => {
    await expect(new SshShell(pool).run('true')).rejects.toMatchObject({code: 'shell.unavailable'});
    const shell = new HashShell(pool);
    expect(await shell.available()).toBe(false);
  });

  test('where nothing can hash, a small file that another attempt has published is consumed, not an unknown error', async () => {
    const session = new SftpSession(await pool.openSftp(), 'other');
    const content = Buffer.from('x');
    const file = {destination: 'd', partial: 'p', content, sha256: '', ifExists: 'keep' as const};
    const written = {file, absolute: join(directory, 'p'), destination: join(directory, 'd')};
    const {mismatches} = await proveFiles(session, new HashShell(pool), [written], undefined);
    expect(mismatches.get(file)).toMatchObject({code: 'transfer.partial-consumed'});
  });
});
