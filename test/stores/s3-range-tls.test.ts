import {once} from 'node:events';
import {readFile, rm} from 'node:fs/promises';
import type {AddressInfo} from 'node:net';
import {createServer} from 'node:tls';
import {expect, test} from 'vitest';
import {RangeConnections} from '../../src/stores/s3/range-connections.js';
import {makeCertificate} from '../servers/certificate.js';

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a second connection takes up %s where the first one was',
  async (version) => {
    const {certificate, certificateFile, keyFile, directory} = await makeCertificate();
    const options = {cert: await readFile(certificateFile), key: await readFile(keyFile), maxVersion: version};
    const takenUp: boolean[] = [];
    const server = createServer({...options, minVersion: version}, (socket) => {
      takenUp.push(socket.isSessionReused());
      socket.on('error', () => undefined);
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello'));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const {port} = server.address() as AddressInfo;
    const url = new URL(`https://127.0.0.1:${port}`);
    const ranges = new RangeConnections({url, stallMs: 10_000, ca: [certificate]});
    const get = () => ranges.get({path: '/', headers: {}, maxBytes: 5, take: (bytes) => Buffer.alloc(bytes)});
    try {
      for (let count = 0; count < 3; count++) expect(await get()).toMatchObject({body: Buffer.from('hello')});
      expect(takenUp).toEqual([false, true, true]);
    } finally {
      ranges.close();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, {recursive: true});
    }
  },
);
