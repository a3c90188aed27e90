import {mkdtemp, readdir, readlink, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {ShellDialogue} from '../../src/ssh/dialogue.js';
import type {SshEndpoint} from '../../src/ssh/endpoint.js';
import {SshShell} from '../../src/ssh/exec.js';
import {SshPool} from '../../src/ssh/pool.js';
import {HashShell} from '../../src/stores/ssh/hash-shell.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

const reason = new Error('the caller has had enough');

let sshd: Sshd;
let root = '';
const pools: SshPool[] = [];
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-ssh-abort-'));
});
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
  await rm(root, {recursive: true, force: true});
});

function poolOf(changes: Partial<SshEndpoint> = {}): SshPool {
  const pool = new SshPool(endpointOf(sshd, changes));
  pools.push(pool);
  return pool;
}

/** Files below `root` that any process of this machine holds open, the server's too. */
async function heldOpen(): Promise<readonly string[]> {
  const held: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const path = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (path.startsWith(`${root}/`)) held.push(path);
    }
  }
  return held;
}

test('an opening that is given up leaves no file open at the server', async () => {
  const store = openSshStore({name: 'lab', pool: poolOf(), root});
  await writeFile(join(root, 'file'), 'content');
  await store.stat('file');
  for (let round = 0; round < 40; round += 1) {
    const controller = new AbortController();
    const {signal} = controller;
    const opening = [store.openSource('file', {signal}), store.openPartial({path: `p${round}`, size: 7}, {signal})];
    setTimeout(() => controller.abort(reason), round % 4);
    for (const opened of await Promise.allSettled(opening)) {
      if (opened.status === 'fulfilled') await opened.value.close();
      else expect(opened.reason).toBe(reason);
    }
  }
  for (let tries = 0; tries < 20 && (await heldOpen()).length > 0; tries += 1) await sleep(50);
  expect(await heldOpen()).toEqual([]);
  await store.close();
});

test('a call that waits for a connection ends with the reason of the signal', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const store = openSshStore({name: 'lab', pool: poolOf({port: address.port}), root});
  const content = Buffer.from('x');
  const file = {destination: 'd', partial: 'p', content, sha256: '', ifExists: 'keep' as const};
  const calls: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
    (signal) => store.stat('file', {signal}),
    (signal) => store.list('', {signal})[Symbol.asyncIterator]().next(),
    (signal) => store.openSource('file', {signal}),
    (signal) => store.openPartial({path: 'p', size: 1}, {signal}),
    (signal) => store.putObject('o', content, {signal}),
    (signal) => store.putFiles([file], {signal}),
    (signal) => store.remove('file', {signal}),
  ];
  try {
    for (const call of calls) {
      const controller = new AbortController();
      const called = call(controller.signal).catch((error: unknown) => error);
      setTimeout(() => controller.abort(reason), 50);
      expect(await Promise.race([called, sleep(1000, 'still waiting')]), call.toString()).toBe(reason);
    }
  } finally {
    for (const pool of pools.splice(0)) await pool.close();
    silent.close();
  }
});

test('one caller that gives up takes no answer from the others', async () => {
  const shell = new HashShell(poolOf());
  expect(await shell.ask('echo open')).toEqual(['open']);
  const controller = new AbortController();
  const others = [shell.ask('sleep 0.3; echo one'), shell.ask('echo two')];
  const givenUp = shell.ask('sleep 5; echo three', controller.signal);
  const later = shell.ask('echo four');
  await sleep(100);
  controller.abort(reason);
  await expect(givenUp).rejects.toBe(reason);
  expect(await Promise.all([...others, later])).toEqual([['one'], ['two'], ['four']]);
  shell.close();
});

test('a signal that fired while the shell was opened ends the script', async () => {
  const pool = poolOf();
  const dialogue = await ShellDialogue.open(pool);
  const asked = dialogue.ask('sleep 3; echo there', AbortSignal.abort(reason)).catch((error: unknown) => error);
  expect(await Promise.race([asked, sleep(1000, 'still waiting')])).toBe(reason);

  const controller = new AbortController();
  const openExec = pool.openExec.bind(pool);
  pool.openExec = async (...call) => {
    const channel = await openExec(...call);
    controller.abort(reason);
    return channel;
  };
  const run = new SshShell(pool).run('sleep 3', {signal: controller.signal}).catch((error: unknown) => error);
  expect(await Promise.race([run, sleep(1000, 'still waiting')])).toBe(reason);
});
