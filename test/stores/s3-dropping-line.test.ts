import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import {copy} from '../../src/transfer/copy/copy.js';
import {seededBytes, sha256} from '../../src/transfer/testing/two-stores.js';
import {startMinio} from '../servers/minio.js';
import {startToxiproxy} from '../servers/toxiproxy.js';

const MEBIBYTE = 1024 * 1024;

// P6: a part is 8 MiB, and no connection of this line ever carries one. The smallest that S3 takes is 5 MiB.
test('files arrive on S3 over a line that is cut after each 6 MiB', async () => {
  const root = await mkdtemp(join(tmpdir(), 'waybill-dropping-line-'));
  const server = await startMinio();
  const line = await startToxiproxy(server.port);
  const local = openLocalStore({name: 'local', root});
  const retries = {tries: 3, firstWaitMs: 5};
  const there = openS3Store({name: 's3', ...server, endpoint: `http://127.0.0.1:${line.port}`, retries});
  try {
    const sizes = {'large.bin': 12 * MEBIBYTE + 4321, 'one-part.bin': 7 * MEBIBYTE};
    for (const [name, size] of Object.entries(sizes)) await writeFile(join(root, name), seededBytes(size, size));
    await line.cutAfterSent(6 * MEBIBYTE);
    const sources = Object.keys(sizes).map((path) => ({store: local, path}));
    const result = await copy(sources, {store: there, path: 'arrived/'});
    expect(result).toMatchObject({outcome: 'succeeded', counts: {files: 2, failed: 0}});
    await line.heal();
    for (const [name, size] of Object.entries(sizes)) {
      const arrived = await there.getObject(`arrived/${name}`, size);
      expect(sha256(arrived ?? Buffer.alloc(0)), name).toBe(sha256(seededBytes(size, size)));
    }
  } finally {
    await Promise.all([local.close(), there.close()]);
    await line.close();
    await server.close();
    await rm(root, {recursive: true, force: true});
  }
});
