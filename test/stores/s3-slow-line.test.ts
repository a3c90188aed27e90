import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import {copy, type CopyOptions} from '../../src/transfer/copy/copy.js';
import {seededBytes, sha256} from '../../src/transfer/testing/two-stores.js';
import {startMinio} from '../servers/minio.js';
import {startSlowLine} from '../servers/slow-line.js';

const MEBIBYTE = 1024 * 1024;

// A part takes several times the silence that ends an attempt.
test('a line that is slow is not taken for one that is silent, each way', async () => {
  const root = await mkdtemp(join(tmpdir(), 'waybill-slow-line-'));
  const server = await startMinio();
  const line = await startSlowLine(server.port, 1_600_000);
  const local = openLocalStore({name: 'local', root});
  const there = openS3Store({name: 's3', ...server, endpoint: line.endpoint});
  try {
    const size = 8 * MEBIBYTE + 4321;
    await writeFile(join(root, 'file'), seededBytes(1, size));
    const retried: string[] = [];
    const options: CopyOptions = {
      ...{stallTimeoutMs: 4_000, retries: 1},
      onEvent: (event) => {
        if (event.event === 'retrying') retried.push(event.reason);
      },
    };
    const up = await copy({store: local, path: 'file'}, {store: there, path: 'arrived'}, options);
    const down = await copy({store: there, path: 'arrived'}, {store: local, path: 'back'}, options);
    for (const {outcomes} of [up, down]) {
      expect(outcomes).toMatchObject([{outcome: 'copied', sha256: sha256(seededBytes(1, size))}]);
    }
    for (const {durationMs} of [up, down]) expect(durationMs).toBeGreaterThan(4_500);
    expect(retried).toEqual([]);
  } finally {
    await Promise.all([local.close(), there.close()]);
    await line.close();
    await server.close();
    await rm(root, {recursive: true, force: true});
  }
});
