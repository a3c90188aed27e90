import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {sweepForgotten} from '../../activities/retention/sweep-forgotten.js';
import {sweepPartialsOfExecutions} from '../../activities/retention/sweep-partials.js';
import {openCatalog} from '../../src/artifacts/catalog/catalog.js';
import {executionRoot, inputKey, outputKey, partialsRoot} from '../../src/artifacts/keys.js';
import {markerOf, markStore, requireMarkedStore} from '../../src/artifacts/store-marker.js';
import {hasCode} from '../../src/contracts/errors.js';
import {executionInput} from '../../src/contracts/execution.js';
import {patterned} from '../../src/stores/contract/subject.js';
import {presignedUrl} from '../../src/stores/s3/presign.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import {startMinio} from '../servers/minio.js';
import {type PostgresServer, startPostgres} from '../servers/postgres.js';
import {credentials, type S3Server} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

const PART = 8 * 1024 * 1024;
const {signal} = new AbortController();

/** What a catalog remembers of its store. */
function ids() {
  let id: string | undefined;
  return {storeId: async () => id, adoptStore: async (own: string) => (id ??= own)};
}

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

describe.each([
  ['MinIO', startMinio],
  ['Versity Gateway', startVersity],
])('what has expired on %s', (_, startServer) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  const open = (prefix: string) => openS3Store({name: 's3', ...server, prefix});

  /** Files of more than half a part, wherever the server keeps them; MinIO has a bin that it empties later. */
  async function large(): Promise<number> {
    let count = 0;
    for (const name of await readdir(server.directory, {recursive: true})) {
      if (name.includes('/.trash/')) continue;
      const found = await stat(join(server.directory, name)).catch(() => undefined);
      if (found?.isFile() === true && found.size > PART / 2) count += 1;
    }
    return count;
  }

  it('goes with everything below its execution, and nothing beside it', async () => {
    const store = open('tree');
    for (const id of ['one', 'one-more', 'two']) {
      for (const name of ['a', 'sub/b']) await store.putObject(outputKey(id, 1, name), Buffer.from('x'));
    }
    await store.removeTree(executionRoot('one'));
    expect(await store.stat(executionRoot('one'))).toBeUndefined();
    for (const id of ['one-more', 'two']) expect(await store.stat(outputKey(id, 1, 'sub/b'))).toMatchObject({size: 1});
    await expect(store.removeTree('')).rejects.toMatchObject({code: 'name.outside-root'});
    expect(() => executionRoot('')).toThrow(expect.objectContaining({code: 'input.invalid'}));
    await store.close();
  });

  it('an unfinished upload is aborted when nobody has written to it for long, and not before', async () => {
    const store = open('partials');
    const path = `${partialsRoot('left')}/${'a'.repeat(40)}.partial`;
    await store.makeDirectory(partialsRoot('left'));
    const intended = {destination: outputKey('left', 1, 'large'), mode: 0o600, modifiedAt: 0};
    const partial = await store.openPartial({path, size: 3 * PART, intended});
    await partial.write(0, patterned(PART));
    await partial.close();
    expect(await large()).toBeGreaterThan(0);
    const sweep = (before: number, running = false) =>
      sweepPartialsOfExecutions(store, {before, runs: async () => running, signal});
    expect(await sweep(Date.now() - 60_000)).toBe(0);
    expect(await sweep(Date.now() + 60_000, true)).toBe(0);
    expect(await large()).toBeGreaterThan(0);
    expect(await sweep(Date.now() + 60_000)).toBe(1);
    expect(await large()).toBe(0);
    expect(await store.stat(path)).toBeUndefined();
    await store.close();
  });

  it('leaves an upload that a newer version began, and sweeps the others', async () => {
    const store = open('newer');
    const root = partialsRoot('left');
    await store.makeDirectory(root);
    const [newer, other] = ['a', 'b'].map((letter) => `${root}/${letter.repeat(40)}.partial`);
    if (newer === undefined || other === undefined) throw new Error('no paths');
    await store.putObject(other, Buffer.from('x'));
    const {endpoint, bucket} = server;
    const body = JSON.stringify({version: 3, uploadIds: ['u']}).padEnd(8191, ' ');
    const headers = {'content-length': String(body.length), 'x-amz-meta-waybill-upload': '1'};
    const signing = {endpoint, bucket, region: 'us-east-1', credentials, now: new Date(), validForSeconds: 60};
    const url = presignedUrl({method: 'PUT', key: `newer/${newer}`, query: {}, headers}, signing);
    const put = await fetch(url, {method: 'PUT', body, headers: {'x-amz-meta-waybill-upload': '1'}});
    expect(put.status).toBe(200);
    const left: string[] = [];
    const onNewer = (path: string) => void left.push(path);
    const runs = async () => false;
    expect(await sweepPartialsOfExecutions(store, {before: Date.now() + 60_000, runs, onNewer, signal})).toBe(1);
    expect(left).toEqual([newer]);
    expect(await store.stat(newer)).toMatchObject({size: 8191});
    expect(await store.stat(other)).toBeUndefined();
    await store.close();
  });

  it('is removed again where a ticket brought something after its execution had gone', async () => {
    const store = open('late');
    const catalog = await openCatalog({connectionString: await postgres.createDatabase()});
    for (const id of ['gone', 'stays']) {
      await catalog.openExecution({executionId: id, runId: 'r', input: executionInput.parse({command: ['true']})});
    }
    const ended = {outcome: 'succeeded', target: 'local', generation: 1, starts: 1} as const;
    const [nothing, endedAt] = [
      {files: 0, bytes: 0, sentBytes: 0, resumedBytes: 0, failedFiles: 0},
      '2026-01-01T00:00Z',
    ];
    const result = {
      ...ended,
      warnings: [],
      version: 1 as const,
      executionId: 'gone',
      staged: nothing,
      collected: nothing,
      endedAt,
    };
    await catalog.finishExecution({runId: 'r', result});
    await catalog.retention.requestRemoval('gone');
    await catalog.retention.begin('sweep');
    await catalog.retention.forgetExecutions('sweep', ['gone']);
    const {endpoint, bucket} = server;
    for (const id of ['gone', 'stays', 'of-nobody']) {
      const headers = {'content-length': '1', 'if-none-match': '*'};
      const key = `late/${inputKey(id, 'a')}`;
      const signing = {endpoint, bucket, region: 'us-east-1', credentials, now: new Date(), validForSeconds: 60};
      const url = presignedUrl({method: 'PUT', key, query: {}, headers}, signing);
      expect((await fetch(url, {method: 'PUT', body: 'x', headers: {'if-none-match': '*'}})).status).toBe(200);
    }
    expect(await sweepForgotten(store, catalog.retention, signal)).toBe(1);
    expect(await store.stat(executionRoot('gone'))).toBeUndefined();
    for (const id of ['stays', 'of-nobody']) expect(await store.stat(inputKey(id, 'a'))).toMatchObject({size: 1});
    await Promise.all([store.close(), catalog.close()]);
  });

  it('is not removed from a prefix that is not the one of the catalog', async () => {
    const [own, other, empty] = [open('own'), open('other'), open('empty')];
    const [catalog, foreign] = [ids(), ids()];
    await Promise.all([markStore(own, catalog), markStore(own, catalog), markStore(other, foreign)]);
    await requireMarkedStore(own, catalog);
    expect(await catalog.storeId()).toBe(await markerOf(own));
    for (const store of [other, empty]) {
      await expect(requireMarkedStore(store, catalog)).rejects.toMatchObject({code: 'retention.foreign-store'});
      // A second start does not make it its own.
      await expect(markStore(store, catalog)).rejects.toMatchObject({code: 'retention.foreign-store'});
      await expect(requireMarkedStore(store, catalog)).rejects.toMatchObject({code: 'retention.foreign-store'});
    }
    // Nor does a catalog that is new, unless somebody says that it is to be that store's.
    const fresh = ids();
    const found = (await markerOf(own)) ?? '';
    const taken: unknown = await markStore(own, fresh).catch((error: unknown) => error);
    expect(taken).toMatchObject({code: 'retention.foreign-store', found});
    expect(taken).toHaveProperty(
      'message',
      `The default store has the id ${found}, and the catalog describes no store yet.`,
    );
    expect(hasCode(taken) && taken.remedy).toContain('waybill catalog rebuild');
    expect(await fresh.storeId()).toBeUndefined();
    await markStore(own, fresh, {adopt: true});
    await requireMarkedStore(own, fresh);
    // Not even then of another one's.
    const refused = {code: 'retention.foreign-store', expected: found, found: await markerOf(other)};
    await expect(markStore(other, fresh, {adopt: true})).rejects.toMatchObject(refused);
    await Promise.all([own.close(), other.close(), empty.close()]);
  });
});
