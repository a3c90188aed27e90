import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createConnection, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {SshShell} from '../../src/ssh/exec.js';
import {type PoolLimits, SshPool} from '../../src/ssh/pool.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';
import {until} from '../until.js';

let sshd: Sshd;
const pools: SshPool[] = [];
beforeAll(async () => {
  sshd = await startSshd({maxSessions: 3});
});
afterAll(() => sshd.close());
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function makePool(limits: Partial<PoolLimits> = {}, changes: Parameters<typeof endpointOf>[1] = {}): SshPool {
  const pool = new SshPool(endpointOf(sshd, changes), limits);
  pools.push(pool);
  return pool;
}

test('many scripts at once share few connections', async () => {
  const pool = makePool({maxConnections: 2, maxSessions: 3});
  const shell = new SshShell(pool);
  const results = await Promise.all(Array.from({length: 24}, (_, index) => shell.run(`echo ${index}; sleep 0.05`)));
  expect(results.map((result) => Number(Buffer.from(result.stdout).toString()))).toEqual(
    results.map((_, index) => index),
  );
  expect(pool.status().connections).toBe(2);
});

test('finds out by itself that the server takes fewer sessions than it was told', async () => {
  const pool = makePool({maxConnections: 2, maxSessions: 50});
  const shell = new SshShell(pool);
  const results = await Promise.all(Array.from({length: 20}, () => shell.run('sleep 0.05; exit 5')));
  expect(results.every((result) => result.status === 5)).toBe(true);
  expect(pool.status().sessions).toBe(0);
});

test('goes on with a new connection when the server was restarted while it was idle', async () => {
  const pool = makePool();
  const shell = new SshShell(pool);
  await shell.run('true');
  await sshd.kill();
  await sshd.start();
  expect((await shell.run('exit 6')).status).toBe(6);
});

test('waits for a server that comes back, and gives up on one that does not', async () => {
  await sshd.kill();
  const patient = new SshShell(makePool({patienceMs: 10_000})).run('exit 8');
  const impatient = new SshShell(makePool({patienceMs: 300})).run('true');
  await expect(impatient).rejects.toMatchObject({code: 'ssh.unreachable'});
  await sshd.start();
  expect((await patient).status).toBe(8);
});

test('notices a peer that fell silent, and fails only what ran on that connection', async () => {
  const proxy = await startToxiproxy(sshd.port);
  try {
    const through = makePool({}, {port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`, deadAfterMs: 2000});
    const beside = new SshShell(makePool());
    const shell = new SshShell(through);
    await shell.run('true');
    const healthy = beside.run('sleep 4; exit 9');
    const doomed = shell.run('sleep 60');
    await sleep(200);
    await proxy.blackHole();
    const begun = performance.now();
    await expect(doomed).rejects.toMatchObject({code: 'ssh.connection-lost'});
    expect(performance.now() - begun).toBeLessThan(6000);
    expect((await healthy).status).toBe(9);
    await proxy.heal();
    expect((await shell.run('exit 2')).status).toBe(2);
  } finally {
    await proxy.close();
  }
});

test('a slow line is not taken for a dead one', async () => {
  const proxy = await startToxiproxy(sshd.port);
  try {
    await proxy.bandwidth(300);
    const pool = makePool({}, {port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`, deadAfterMs: 1500});
    const result = await new SshShell(pool).run('head -c 1500000 /dev/zero', {maxOutputBytes: 2_000_000});
    expect(result.stdout.length).toBe(1_500_000);
  } finally {
    await proxy.close();
  }
});

const RUNS = 8;

test.each([
  ['says nothing more', 'sleep 60', (proxy: Toxiproxy) => proxy.blackHole()],
  // The windows of all of them hold more than the systems on the way: the jump host is left with some for ever.
  [
    'takes nothing more',
    `cat > /dev/null\n${'x'.repeat(12 * 1024 * 1024)}`,
    (_: Toxiproxy, target: Sshd) => target.freezeSessions(),
  ],
])('notices a target that %s behind a jump host that lives', async (_, script, silence) => {
  const [target, jump] = [await startSshd(), await startSshd()];
  const proxy = await startToxiproxy(target.port);
  const hostKeyAlias = `[127.0.0.1]:${target.port}`;
  const changes = {port: proxy.port, hostKeyAlias, deadAfterMs: 2000, jump: endpointOf(jump)};
  const pool = new SshPool(endpointOf(target, changes), {maxConnections: 1, maxSessions: RUNS});
  try {
    await proxy.bandwidth(4000);
    const shell = new SshShell(pool);
    // Quiet for longer than that, and alive.
    expect((await shell.run('sleep 3; exit 9')).status).toBe(9);
    const doomed = Promise.all(Array.from({length: RUNS}, () => shell.run(script)));
    await sleep(500);
    await silence(proxy, target);
    const begun = performance.now();
    await expect(doomed).rejects.toMatchObject({code: 'ssh.connection-lost'});
    expect(performance.now() - begun).toBeLessThan(8000);
    // Said by a client who leaves in order: the jump host was there to the end.
    await until('the jump host is left', async () => (await jump.log()).includes('Disconnected from user'), 5);
  } finally {
    await pool.close();
    await proxy.close();
    await Promise.all([target.close(), jump.close()]);
  }
});

const MUCH = 1_500_000;

test.each([
  ['down', `head -c ${MUCH} /dev/zero`],
  ['up', `cat > /dev/null; exit\n${'x'.repeat(MUCH)}`],
])('a slow line behind a jump host is not taken for a dead one, %s', async (_, script) => {
  const jump = await startSshd();
  const proxy = await startToxiproxy(sshd.port);
  try {
    await proxy.bandwidth(300);
    const hostKeyAlias = `[127.0.0.1]:${sshd.port}`;
    const pool = makePool({}, {port: proxy.port, hostKeyAlias, deadAfterMs: 1500, jump: endpointOf(jump)});
    expect((await new SshShell(pool).run(script, {maxOutputBytes: MUCH})).status).toBe(0);
  } finally {
    await proxy.close();
    await jump.close();
  }
});

test('shares a connection where the host takes no other', async () => {
  let taken = 0;
  const gate = createServer((socket) => {
    taken += 1;
    socket.on('error', () => undefined);
    if (taken > 1) socket.resetAndDestroy();
    else {
      const onward = createConnection(sshd.port, sshd.host).on('error', () => undefined);
      socket.pipe(onward).pipe(socket);
    }
  }).listen(0, '127.0.0.1');
  await once(gate, 'listening');
  const address = gate.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const pool = makePool({patienceMs: 300, maxSessions: 3}, {port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`});
  const sessions = [await pool.openSftp({apart: true}), await pool.openSftp({apart: true})];
  expect(pool.status()).toMatchObject({connections: 1, sessions: 2});
  for (const session of sessions) session.end();
  const results = await Promise.all(Array.from({length: 5}, () => new SshShell(pool).run('sleep 0.1; exit 4')));
  expect(results.map(({status}) => status)).toEqual([4, 4, 4, 4, 4]);
  expect(taken).toBeGreaterThan(1);
  await pool.close();
  gate.close();
});

test('closes connections that nobody uses', async () => {
  const pool = makePool({idleMs: 300});
  await new SshShell(pool).run('true');
  expect(pool.status().connections).toBe(1);
  await sleep(1200);
  expect(pool.status().connections).toBe(0);
});

test('a caller that gives up while waiting leaves the others in peace', async () => {
  const pool = makePool({maxConnections: 1, maxSessions: 1});
  const shell = new SshShell(pool);
  const first = shell.run('sleep 0.5; exit 1');
  await sleep(200);
  const controller = new AbortController();
  const second = shell.run('exit 2', {signal: controller.signal});
  const third = shell.run('exit 3');
  controller.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  expect([(await first).status, (await third).status]).toEqual([1, 3]);
});

/** The version, and that it tells its limits. */
const SFTP_HELLO = String.raw`\0\0\0\040\02\0\0\0\03\0\0\0\022limits@openssh.com\0\0\0\0011`;

test.each([
  ['says nothing', ''],
  ['tells its version and nothing else', `printf '${SFTP_HELLO}'; `],
])('an SFTP server that %s is given up, and what ran beside it goes on', async (_, says) => {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-silent-'));
  const server = join(directory, 'sftp-server');
  await writeFile(server, `#!/bin/sh\n${says}exec sleep 20\n`, {mode: 0o755});
  const silent = await startSshd({sftp: 'off', config: [`Subsystem sftp ${server}`]});
  const pool = new SshPool(endpointOf(silent, {connectTimeoutMs: 1000}), {maxConnections: 1, maxSessions: 2});
  try {
    const beside = new SshShell(pool).run('sleep 2; exit 4');
    await expect(pool.openSftp()).rejects.toMatchObject({code: 'ssh.sftp-silent', path: 'lab'});
    expect((await beside).status).toBe(4);
    // One more than the pool has slots: each had to be freed.
    for (let session = 0; session < 3; session += 1) {
      await expect(pool.openSftp()).rejects.toMatchObject({code: 'ssh.sftp-silent'});
    }
    expect((await new SshShell(pool).run('exit 5')).status).toBe(5);
    await until('no session is left', () => Promise.resolve(pool.status().sessions === 0));
  } finally {
    await pool.close();
    await silent.close();
    await rm(directory, {recursive: true});
  }
});
