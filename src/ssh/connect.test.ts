import {once} from 'node:events';
import {createServer} from 'node:net';
import {expect, test} from 'vitest';
import {connect} from './connect.js';

test('a line that is reset as soon as it is there is an error of that connection alone', async () => {
  let accepted = 0;
  // A proxy whose own server is away accepts, and resets a moment later.
  const server = createServer((socket) => {
    accepted += 1;
    setTimeout(() => socket.resetAndDestroy(), accepted % 4);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const endpoint = {
    ...{name: 'lab', host: '127.0.0.1', port, user: 'nobody', identities: [], identitiesOnly: false},
    ...{knownHostsFiles: ['/nothing/known_hosts'], connectTimeoutMs: 10_000, keepAliveMs: 5_000, deadAfterMs: 15_000},
  };
  const begun = performance.now();
  for (let round = 0; round < 24; round += 1) {
    await expect(connect(endpoint)).rejects.toMatchObject({code: 'ssh.unreachable'});
  }
  expect(performance.now() - begun).toBeLessThan(5_000);
  server.close();
});
