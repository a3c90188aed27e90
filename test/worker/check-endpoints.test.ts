import {afterAll, beforeAll, expect, it} from 'vitest';
import {resolveConfiguration} from '../../src/config/load.js';
import type {TargetCheck} from '../../src/contracts/catalog.js';
import {checkEndpoints} from '../../src/worker/operations/check-endpoints.js';
import {startMinio} from '../servers/minio.js';
import {freePort} from '../servers/ports.js';
import {credentials, type S3Server} from '../servers/s3-server.js';

let server: S3Server;
beforeAll(async () => {
  server = await startMinio();
});
afterAll(() => server.close());

const environment = {AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey};

async function checks(
  {endpoint = server.endpoint, publicEndpoint}: {readonly endpoint?: string; readonly publicEndpoint?: string},
  keys: Readonly<Record<string, string>> = environment,
): Promise<readonly TargetCheck[]> {
  const store = {
    ...{WAYBILL_STORE_KIND: 's3', WAYBILL_STORE_BUCKET: server.bucket, WAYBILL_STORE_ENDPOINT: endpoint},
    ...(publicEndpoint === undefined ? {} : {WAYBILL_STORE_PUBLIC_ENDPOINT: publicEndpoint}),
  };
  const {configuration: settings} = resolveConfiguration(undefined, store, '/');
  const found: TargetCheck[] = [];
  for await (const check of checkEndpoints(settings, keys)) found.push(check);
  return found;
}

it('asks the server at its own address, and at the one that clients are given', async () => {
  const own = {name: 'store endpoint', outcome: 'ok', detail: `${server.endpoint} answers`};
  expect(await checks({})).toEqual([own]);
  expect(await checks({publicEndpoint: server.endpoint})).toEqual([own]);
  expect(await checks({publicEndpoint: `http://0.0.0.0:${server.port}`})).toEqual([
    own,
    {name: 'store endpoint of clients', outcome: 'ok', detail: `http://0.0.0.0:${server.port} answers`},
  ]);
});

it('warns of an address at which clients find nothing', async () => {
  for (const [publicEndpoint, detail] of [
    [`http://localhost:${server.port}`, 'only clients on the host of the S3 server reach it'],
    [`http://0.0.0.0:${await freePort()}`, 'ECONNREFUSED'],
  ] as const) {
    const [, clients] = await checks({publicEndpoint});
    expect(clients).toMatchObject({name: 'store endpoint of clients', outcome: 'warning'});
    expect(clients?.detail).toContain(detail);
    expect(clients?.remedy).toContain('store.publicEndpoint');
  }
});

it('fails where the server is away, or knows other keys, and says where to look', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  expect(await checks({endpoint})).toMatchObject([{name: 'store endpoint', outcome: 'failed'}]);
  const [wrong] = await checks({}, {...environment, AWS_SECRET_ACCESS_KEY: 'another'});
  expect(wrong?.outcome).toBe('failed');
  expect(wrong?.remedy).toContain('waybill config');
});
