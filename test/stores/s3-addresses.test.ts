import {spawn} from 'node:child_process';
import dns from 'node:dns';
import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {build} from 'esbuild';
import {afterAll, afterEach, beforeAll, describe, expect, test, vi} from 'vitest';
import {patterned, sha256} from '../../src/stores/contract/subject.js';
import type {S3Connection} from '../../src/stores/s3/options.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {PARTIALS, TwoStores} from '../../src/transfer/testing/two-stores.js';
import {type Certificate, makeCertificate} from '../servers/certificate.js';
import {startMinio} from '../servers/minio.js';
import type {S3Server} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

const PART = 8 * 1024 * 1024;
const content = patterned(2 * PART + 777);

/** One of everything that moves bytes or decides by a condition. */
async function exercise(store: Store): Promise<void> {
  expect(await store.putObject('a b/ünïcode+?', content.subarray(0, 1000), {ifAbsent: true})).toBe(true);
  expect(await store.putObject('a b/ünïcode+?', content.subarray(0, 10), {ifAbsent: true})).toBe(false);
  await store.makeDirectory(PARTIALS);
  const partial = await store.openPartial({
    ...{path: `${PARTIALS}/p`, size: content.length, intended: {destination: 'large'}},
  });
  for (const at of [0, PART, 2 * PART]) await partial.write(at, content.subarray(at, at + PART));
  await partial.publish({destination: 'large', ifExists: 'keep'});
  const source = await store.openSource('large');
  expect(sha256(await source.read(0, content.length))).toBe(sha256(content));
  await store.rename('large', 'a b/moved', {overwrite: false});
  const names: string[] = [];
  for await (const {name} of store.list('a b')) names.push(name);
  expect(names.sort()).toEqual(['moved', 'ünïcode+?']);
  await store.removeTree('a b');
  expect(await store.stat('a b')).toBeUndefined();
}

const servers = [
  ['MinIO', startMinio],
  ['Versity Gateway', startVersity],
] as const;

const stores: Store[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const store of stores.splice(0)) await store.close();
});
function opened(connection: S3Connection): Store {
  const store = openS3Store({name: 's3', ...connection, retries: {firstWaitMs: 5}});
  stores.push(store);
  return store;
}

describe.each(servers)('%s behind TLS, with a certificate of its own', (_, startServer) => {
  let certificate: Certificate;
  let server: S3Server;
  beforeAll(async () => {
    certificate = await makeCertificate();
    server = await startServer({certificate});
  });
  afterAll(async () => {
    await server.close();
    await rm(certificate.directory, {recursive: true});
  });

  test('is used once the configuration names its issuer', async () => {
    expect(server.endpoint).toMatch(/^https:/);
    await exercise(opened({...server, certificateAuthority: certificate.certificate}));
  });

  test('is refused at once, and by the name of the setting, where nobody has said that it is to be trusted', async () => {
    const refused = opened(server).getObject('object', 10);
    await expect(refused).rejects.toMatchObject({code: 'config.invalid', retryable: false});
    await expect(refused).rejects.toThrow(/certificateAuthority/);
  });

  test('is used where the environment names its issuer', async () => {
    await using local = await TwoStores.create();
    const file = await local.put('data.bin', content);
    await opened({...server, certificateAuthority: certificate.certificate}).makeDirectory(PARTIALS);
    const program = join(import.meta.dirname, `../../node_modules/.cache/waybill-s3-tls-${process.pid}.mjs`);
    await build({
      entryPoints: [join(import.meta.dirname, '../../src/transfer/testing/move-to-s3.ts')],
      ...{bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm', outfile: program},
    });
    const {endpoint, bucket, credentials} = server;
    const job = {root: local.root, file, connection: {endpoint, bucket, credentials, prefix: ''}};
    const ended = (environment: NodeJS.ProcessEnv): Promise<unknown> =>
      new Promise((resolve) => {
        const env = {...process.env, ...environment};
        const child = spawn(process.execPath, [program, JSON.stringify(job)], {stdio: 'ignore', env});
        child.once('exit', resolve);
      });
    expect(await ended({})).toBe(1);
    expect(await ended({NODE_EXTRA_CA_CERTS: certificate.certificateFile})).toBe(0);
    await rm(program);
  });
});

describe.each(servers)('%s with the bucket before the host', (_, startServer) => {
  const domain = 's3.waybill.test';
  let server: S3Server;
  beforeAll(async () => {
    server = await startServer({domain});
  });
  afterAll(() => server.close());

  test('is addressed by it', async () => {
    const asked = new Set<string>();
    // No name server knows the domain: every name is this machine.
    vi.spyOn(dns, 'lookup').mockImplementation(((
      name: string,
      _options: unknown,
      answer: (error: null, addresses: readonly dns.LookupAddress[]) => void,
    ) => {
      asked.add(name);
      answer(null, [{address: '127.0.0.1', family: 4}]);
    }) as typeof dns.lookup);
    await exercise(opened({...server, endpoint: `http://${domain}:${server.port}`, pathStyle: false}));
    expect([...asked]).toEqual([`${server.bucket}.${domain}`]);
  });
});
