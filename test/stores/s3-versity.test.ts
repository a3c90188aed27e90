import {randomUUID} from 'node:crypto';
import {afterAll, beforeAll} from 'vitest';
import {describeStoreContract} from '../../src/stores/contract/describe-store-contract.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import {startVersity} from '../servers/versity.js';
import type {S3Server} from '../servers/s3-server.js';

let server: S3Server;
beforeAll(async () => {
  server = await startVersity();
});
afterAll(() => server.close());

describeStoreContract({
  name: 's3 on Versity Gateway',
  make: async () => {
    const store = openS3Store({name: 'bucket', ...server, prefix: `run-${randomUUID()}`});
    return {store, cleanUp: () => store.close()};
  },
  lacks: ['disk', 'links', 'randomWrites', 'longPaths', 'controlCharacters', 'spacedDots'],
});
