import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {withProperties} from '../../src/stores/decorators/limited.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {copy, type CopyOptions} from '../../src/transfer/copy/copy.js';
import type {CopyPlace} from '../../src/transfer/copy/locate.js';
import type {CopyResult} from '../../src/transfer/copy/result.js';
import {seededBytes, sha256} from '../../src/transfer/testing/two-stores.js';
import {startMinio} from '../servers/minio.js';
import type {S3Server} from '../servers/s3-server.js';
import {startTcpLine, type TcpLine} from '../servers/tcp-line.js';

const MEBIBYTE = 1024 * 1024;

/** Some 20 s of the line: several times what the two systems take of a part at once, 5 MB on a Debian. */
const LARGE_PART_BYTES = 32 * MEBIBYTE;

let root = '';
let server: S3Server;
let line: TcpLine;
let local: Store;
let there: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-slow-line-'));
  server = await startMinio();
  line = await startTcpLine(server.port, {bytesPerSecond: 1_600_000});
  local = openLocalStore({name: 'local', root});
  there = openS3Store({name: 's3', ...server, endpoint: line.endpoint});
});
afterEach(async () => {
  await Promise.all([local.close(), there.close()]);
  await line.close();
  await server.close();
  await rm(root, {recursive: true, force: true});
});

async function copyOnce(from: CopyPlace, to: CopyPlace, stallTimeoutMs: number): Promise<CopyResult> {
  const retried: string[] = [];
  const options: CopyOptions = {
    ...{stallTimeoutMs, retries: 1},
    onEvent: (event) => {
      if (event.event === 'retrying') retried.push(event.reason);
    },
  };
  const result = await copy(from, to, options);
  expect(retried).toEqual([]);
  expect(result.durationMs).toBeGreaterThan(stallTimeoutMs);
  return result;
}

test('a part that takes longer than the silence that ends an attempt is sent over a slow line', async () => {
  const inLargeParts: Store = {
    ...withProperties(there, {partBytes: () => LARGE_PART_BYTES}),
    openPartial: (spec, options) => there.openPartial({partBytes: LARGE_PART_BYTES, ...spec}, options),
  };
  const content = seededBytes(1, LARGE_PART_BYTES + 4321);
  await writeFile(join(root, 'file'), content);
  const {outcomes} = await copyOnce({store: local, path: 'file'}, {store: inLargeParts, path: 'arrived'}, 14_000);
  expect(outcomes).toMatchObject([{outcome: 'copied', sha256: sha256(content)}]);
});

test('a range that takes longer than the silence that ends an attempt is read over a slow line', async () => {
  const content = seededBytes(1, 8 * MEBIBYTE + 4321);
  const direct = openS3Store({name: 's3', ...server});
  await writeFile(join(root, 'file'), content);
  await copy({store: local, path: 'file'}, {store: direct, path: 'there'});
  await direct.close();
  const {outcomes} = await copyOnce({store: there, path: 'there'}, {store: local, path: 'back'}, 4500);
  expect(outcomes).toMatchObject([{outcome: 'copied', sha256: sha256(content)}]);
  expect(sha256(await readFile(join(root, 'back')))).toBe(sha256(content));
});
