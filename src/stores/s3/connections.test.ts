import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import {expect, test} from 'vitest';
import {Connections} from './connections.js';

test('no more connections are open, and no more requests under way, than there may be', async () => {
  const most = 3;
  let underWay = 0;
  let mostAtOnce = 0;
  const open = new Set<Socket>();
  const server = createServer((request, response) => {
    mostAtOnce = Math.max(mostAtOnce, (underWay += 1));
    request.resume().once('end', () => {
      setTimeout(() => {
        underWay -= 1;
        response.end('content');
      }, 5);
    });
  });
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.keepAliveTimeout = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const {port} = server.address() as AddressInfo;
  const connections = new Connections({url: new URL(`http://127.0.0.1:${port}`), most, stallMs: 5000});
  const send = async (receive?: 'lent' | 'own') => {
    const request = {method: 'GET', path: '/', headers: {}, maxBytes: 100};
    const {status, body} = await connections.send({...request, ...(receive === undefined ? {} : {receive})});
    return [status, body.toString()];
  };
  try {
    for (const kinds of [['lent', undefined], [undefined], ['own'], [undefined, 'lent', undefined, 'own']] as const) {
      const answers = await Promise.all(Array.from({length: 24}, (_, count) => send(kinds[count % kinds.length])));
      expect(answers).toEqual(answers.map(() => [200, 'content']));
      await expect.poll(() => open.size, {timeout: 2000}).toBeLessThanOrEqual(most);
    }
    expect(mostAtOnce).toBe(most);
    connections.close();
    await expect.poll(() => open.size, {timeout: 2000}).toBe(0);
  } finally {
    connections.close();
    await new Promise((resolve) => server.close(resolve));
  }
});
