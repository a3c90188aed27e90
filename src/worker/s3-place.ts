import type {Environment} from '../config/directories.js';
import type {S3StoreConfiguration} from '../config/schema.js';
import {KeptPromise} from '../promises/kept-promise.js';
import {openS3Store} from '../stores/s3/store.js';
import type {Store} from '../stores/store.js';
import {s3Connection} from './s3-connection.js';
import {s3Credentials} from './s3-credentials.js';
import {checkS3Place} from './s3-place-checks.js';
import type {OpenedPlace} from './targets.js';

/** The objects below the prefix of a configured store. Nothing is connected before the first question. */
export function openS3Place(name: string, settings: S3StoreConfiguration, environment: Environment): OpenedPlace {
  const {endpoint, bucket, prefix} = settings;
  const credentials = s3Credentials(settings, environment);
  const stores = new Map<string, KeptPromise<Store>>();
  const open = async (root: string): Promise<Store> =>
    openS3Store({
      ...{name, prefix: `${prefix}/${root}`.split('/').filter(Boolean).join('/')},
      ...(await s3Connection(settings, credentials)),
    });
  const storeAt = (root: string): Promise<Store> => {
    const store = stores.get(root) ?? new KeptPromise<Store>();
    stores.set(root, store);
    return store.get(() => open(root));
  };
  return {
    address: `${endpoint.replace(/\/$/, '')} ${bucket}/${prefix}`,
    storeAt,
    check: (signal) =>
      checkS3Place({
        ...{settings, credentials, connection: () => s3Connection(settings, credentials)},
        ...{store: () => storeAt('/'), ...(signal === undefined ? {} : {signal})},
      }),
    close: async () => {
      for (const store of stores.values()) await (await store.found())?.close();
    },
  };
}
