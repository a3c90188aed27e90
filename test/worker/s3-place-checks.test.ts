import {afterAll, beforeAll, expect, test} from 'vitest';
import {configuration} from '../../src/config/schema.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import {openS3Place} from '../../src/worker/s3-place.js';
import {type FaultProxy, startFaultProxy} from '../servers/fault-proxy.js';
import {startMinio} from '../servers/minio.js';
import {credentials, type S3Server} from '../servers/s3-server.js';

let server: S3Server;
let proxy: FaultProxy;
beforeAll(async () => {
  server = await startMinio();
  proxy = await startFaultProxy(server.port);
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

test('a check of a store leaves no object where no answer to its put arrives', async () => {
  const {stores} = configuration.parse({
    stateDirectory: '/nonexistent',
    store: {kind: 'local', path: '/nonexistent/store'},
    targets: {},
    stores: {archive: {kind: 's3', endpoint: proxy.endpoint, bucket: server.bucket, tries: 2}},
  });
  const settings = stores['archive'];
  if (settings === undefined) throw new Error('the store is not there');
  const place = openS3Place('archive', settings, {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  proxy.plan(({method}) => (method === 'PUT' ? {kind: 'lost-answer'} : undefined));
  expect(await place.check()).toContainEqual(expect.objectContaining({name: 'objects', outcome: 'failed'}));
  const store = openS3Store({...server, name: 'own'});
  const left: string[] = [];
  for await (const {name} of store.list('')) left.push(name);
  expect(left).toEqual([]);
  await Promise.all([store.close(), place.close()]);
});
