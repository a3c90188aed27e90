import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {z} from 'zod';
import {openLocalStore} from '../../src/stores/local/store.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {startMinio} from '../servers/minio.js';
import type {S3Server, S3ServerOptions} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

/** Where bundles are kept, as JSON: a process of its own opens the same place by it. */
export const placeSettings = z.discriminatedUnion('kind', [
  z.object({kind: z.literal('local'), root: z.string()}),
  z.object({
    kind: z.literal('s3'),
    endpoint: z.string(),
    bucket: z.string(),
    prefix: z.string(),
    credentials: z.object({accessKeyId: z.string(), secretAccessKey: z.string()}),
  }),
]);
export type PlaceSettings = z.infer<typeof placeSettings>;

export function openPlace(settings: PlaceSettings): Store {
  if (settings.kind === 'local') return openLocalStore({name: 'bundles', root: settings.root});
  return openS3Store({...settings, name: 'bundles'});
}

export interface BundlePlaces {
  /** A place that nothing is in. */
  fresh(): PlaceSettings;
  close(): Promise<void>;
}

async function localPlaces(): Promise<BundlePlaces> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-bundles-'));
  let count = 0;
  return {
    fresh: () => ({kind: 'local', root: join(directory, `place-${(count += 1)}`)}),
    close: () => rm(directory, {recursive: true, force: true}),
  };
}

async function s3Places(start: (options?: S3ServerOptions) => Promise<S3Server>): Promise<BundlePlaces> {
  const server = await start();
  const {endpoint, bucket, credentials} = server;
  let count = 0;
  return {
    fresh: () => ({kind: 's3', endpoint, bucket, credentials, prefix: `place-${(count += 1)}`}),
    close: () => server.close(),
  };
}

export const bundlePlaces: readonly (readonly [name: string, start: () => Promise<BundlePlaces>])[] = [
  ['a directory', localPlaces],
  ['MinIO', () => s3Places(startMinio)],
  ['Versity Gateway', () => s3Places(startVersity)],
];
