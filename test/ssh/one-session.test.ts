import {once} from 'node:events';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {SshShell} from '../../src/ssh/exec.js';
import {SshPool} from '../../src/ssh/pool.js';
import {type Dropbear, startDropbear} from '../servers/dropbear.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

let dropbear: Dropbear;
let pool: SshPool;
beforeAll(async () => {
  dropbear = await startDropbear();
});
afterAll(() => dropbear.close());
beforeEach(() => {
  pool = new SshPool(endpointOf(dropbear), {maxConnections: 2, maxSessions: 3});
});
afterEach(() => pool.close());

test('a server that loses sessions which open while others end has one on each connection, and as many as others', async () => {
  const sessions = await Promise.all(Array.from({length: 6}, () => pool.openExec('exec cat')));
  expect(pool.status()).toMatchObject({connections: 6, sessions: 6});
  const [told, killed] = sessions;
  if (told === undefined || killed === undefined) throw new Error('six were opened');
  const last = pool.openExec('exec cat');
  await expect.poll(() => pool.status().waiting).toBe(1);
  told.resume().end();
  sessions.push(await last);
  expect(pool.status(), 'the connection of one that told its end serves the next').toMatchObject({
    connections: 6,
    waiting: 0,
  });
  const closed = once(killed.resume(), 'close');
  killed.close();
  await closed;
  expect(pool.status(), 'so does that of one that was ended here').toMatchObject({connections: 6, idle: 1});
  const givenUp = new AbortController();
  const opening = pool.openExec('exec cat', {signal: givenUp.signal});
  await Promise.resolve();
  givenUp.abort(new Error('not any more'));
  await expect(opening).rejects.toThrow('not any more');
  expect(pool.status(), 'what was given up on may still begin').toMatchObject({connections: 5, sessions: 5});
});

test('no session is lost among many that open while others end', async () => {
  const shell = new SshShell(pool);
  const results = await Promise.all(Array.from({length: 300}, (_, index) => shell.run(`echo ${index}; exit 7`)));
  for (const [index, {status, stdout}] of results.entries()) {
    expect([status, Buffer.from(stdout).toString()]).toEqual([7, `${index}\n`]);
  }
});
