import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {expect, it} from 'vitest';
import {outputKey} from '../../src/artifacts/keys.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import {sha256 as digestOf} from '../../src/transfer/testing/two-stores.js';
import {credentials} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';
import {queryCatalog} from '../catalog/query.js';
import {sha256} from './corpus.js';
import {startTestStack} from './stack.js';
import {waybillCommand} from './waybill-command.js';

const SIZE = 17_094_000;
const JOB = `head -c 12653999 /dev/urandom | base64 > big.csv; sha256sum < big.csv | cut -c 1-64 | tee digest`;

it('a large text in Versity Gateway is a gzip file, also for a catalog that is made anew, and comes back as it was', async () => {
  const server = await startVersity();
  const environment = {STORE_KEY: credentials.accessKeyId, STORE_SECRET: credentials.secretAccessKey};
  const stack = await startTestStack({
    settings: `compression: {minBytes: 16777216}
store: {kind: s3, endpoint: "${server.endpoint}", bucket: ${server.bucket}, prefix: p, accessKeyIdEnv: STORE_KEY, secretAccessKeyEnv: STORE_SECRET}
`,
    environment,
  });
  const store = openS3Store({name: 'own', ...server, prefix: 'p'});
  const waybill = (...args: readonly string[]) => waybillCommand(stack, stack.directory, args, {environment});
  const outputs = async () =>
    (await waybill('outputs', 'text', '--json')).stdout.replace(/"(createdAt|expiresAt)":"[^"]*"/g, '"$1":""');
  try {
    const handle = await stack.client.start({id: 'text', command: ['sh', '-c', JOB]});
    expect(await handle.result()).toMatchObject({outcome: 'succeeded'});
    const compressed = (await store.getObject(outputKey('text', 1, 'big.csv.gz'), SIZE)) ?? Buffer.alloc(0);
    const digest = digestOf(gunzipSync(compressed));
    const before = await outputs();
    const [big] = before.split('\n').filter((line) => line.includes('big.csv'));
    expect(JSON.parse(big ?? '')).toMatchObject({
      ...{name: 'big.csv', size: SIZE, storedSize: compressed.length, compression: 'gzip', sha256: digest},
    });
    await queryCatalog(stack, 'drop schema waybill cascade');
    expect(await waybill('catalog', 'rebuild')).toMatchObject({status: 0});
    expect(await outputs()).toBe(before);
    expect(await waybill('catalog', 'check')).toMatchObject({status: 0, stdout: ''});
    expect(await waybill('download', 'text', '--out', join(stack.directory, 'out'))).toMatchObject({status: 0});
    expect(await sha256(join(stack.directory, 'out', 'big.csv'))).toBe(digest);
  } finally {
    await stack.close(['text']);
    await store.close();
    await server.close();
  }
});
