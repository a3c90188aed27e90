import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createConnection, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {openS3Store} from './store.js';

const PROGRAM = `
require('node:net').createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, function () {
  console.log(this.address().port);
});`;

test('a server that takes no connection is given up after the stall time, not when the system has lost patience', async () => {
  const server = spawn(process.execPath, ['-e', PROGRAM], {stdio: ['ignore', 'pipe', 'inherit']});
  const told: unknown = (await once(server.stdout, 'data'))[0];
  const port = Number(String(told));
  // Frozen, it accepts what its queue holds; whoever comes then gets no answer at all.
  server.kill('SIGSTOP');
  const queue: Socket[] = [];
  for (let connected = true; connected; ) {
    const socket = createConnection({port, host: '127.0.0.1'}).on('error', () => undefined);
    queue.push(socket);
    connected = await Promise.race([once(socket, 'connect').then(() => true), sleep(300).then(() => false)]);
  }
  const store = openS3Store({
    ...{name: 's3', endpoint: `http://127.0.0.1:${port}`, bucket: 'b', stallMs: 400, retries: {tries: 1}},
    credentials: {accessKeyId: 'id', secretAccessKey: 'secret'},
  });
  const begun = performance.now();
  try {
    await expect(store.stat('a')).rejects.toMatchObject({code: 'store.unavailable'});
    expect(performance.now() - begun).toBeLessThan(3000);
  } finally {
    await store.close();
    for (const socket of queue) socket.destroy();
    server.kill('SIGKILL');
  }
});
