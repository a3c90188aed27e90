import {createHash} from 'node:crypto';
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {SshPool} from '../../src/ssh/pool.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

const BLOCK = 1024 * 1024;
const CONTENT = Buffer.alloc(2 * BLOCK + 17, 'what is hashed where it lies ');
const RANGES = [
  {offset: 0, length: BLOCK},
  {offset: BLOCK, length: BLOCK + 17},
  {offset: 5, length: 1000},
];
const ABSENT = 'exit 127';
const HASHERS = {
  sha256sum: 'exec /usr/bin/sha256sum "$@"',
  shasum: 'exec /usr/bin/shasum "$@"',
  openssl: 'exec /usr/bin/openssl "$@"',
};

let sshd: Sshd;
let user = '';
let home = '';
beforeAll(async () => {
  sshd = await startSshd({shells: ['bash']});
  user = sshd.users.get('bash') ?? '';
  home = `/home/${user}`;
  await mkdir(join(home, 'bin'));
  // The bash of Debian reads it for the commands of sshd, too, which gives them a PATH of its own.
  await writeFile(join(home, '.bashrc'), 'PATH=$HOME/bin:/usr/bin:/bin\n');
});
afterAll(() => sshd.close());

/** Puts programs before the target's own, which note that they ran. */
async function place(programs: Readonly<Record<string, string>>, note: string): Promise<void> {
  await writeFile(note, '');
  await chmod(note, 0o666);
  for (const [name, what] of Object.entries(programs)) {
    await writeFile(join(home, 'bin', name), `#!/bin/sh\necho ${name} >>${note}\n${what}\n`);
    await chmod(join(home, 'bin', name), 0o755);
  }
}

test.each([
  ['OpenSSL before the others', HASHERS, 'openssl'],
  ['sha256sum where OpenSSL does not answer', {...HASHERS, openssl: ABSENT}, 'sha256sum'],
  ['sha256sum where OpenSSL answers wrong', {...HASHERS, openssl: 'echo 0123 \\*stdin'}, 'sha256sum'],
])('blocks are hashed by %s', async (_, programs, expected) => {
  const note = join(home, 'ran');
  await place(programs, note);
  const pool = new SshPool(endpointOf(sshd, {user}));
  const store = openSshStore({name: 'lab', pool, root: home});
  try {
    const partial = await store.openPartial({path: expected, size: CONTENT.length});
    await partial.write(0, CONTENT);
    const found: (string | undefined)[] = [];
    for await (const digest of partial.hash(RANGES)) found.push(digest);
    await partial.close();
    expect(found).toEqual(RANGES.map(({offset, length}) => sha256(CONTENT.subarray(offset, offset + length))));
    const ran = (await readFile(note, 'utf8')).trim().split('\n');
    expect(ran.slice(-RANGES.length)).toEqual(RANGES.map(() => expected));
  } finally {
    await store.close();
    await pool.close();
  }
});

test('a host that grants one session in all hashes nothing, and is not waited for', async () => {
  const narrow = await startSshd({maxSessions: 1});
  const pool = new SshPool(endpointOf(narrow), {maxConnections: 1});
  const store = openSshStore({name: 'lab', pool, root: home});
  try {
    await store.putObject('small', CONTENT);
    expect(await store.hash?.('small')).toBeUndefined();
  } finally {
    await store.close();
    await pool.close();
    await narrow.close();
  }
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
