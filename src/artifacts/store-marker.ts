import {randomUUID} from 'node:crypto';
import {z} from 'zod';
import {WaybillError} from '../contracts/errors.js';
import type {CallOptions, Store} from '../stores/store.js';
import type {RetentionCatalog} from './catalog/retention.js';

/** In the root of the default store: `{"version":1,"storeId":"0b51…"}`. */
const MARKER = 'waybill-store.json';
const marker = z.object({version: z.literal(1), storeId: z.uuid()});

type Ids = Pick<RetentionCatalog, 'storeId' | 'adoptStore'>;

/** The id that the store says it has, or undefined where it has none. */
export async function markerOf(store: Store, options: CallOptions = {}): Promise<string | undefined> {
  const content = await store.getObject(MARKER, 4096, options);
  if (content === undefined) return undefined;
  const parsed = marker.safeParse(parseJson(content));
  if (parsed.success) return parsed.data.storeId;
  throw new WaybillError('retention.foreign-store', `${MARKER} of the default store was not written by Waybill.`, {
    path: MARKER,
  });
}

/** Ties a catalog that describes no store yet to this one. A catalog that describes one already stays as it is. */
export async function markStore(store: Store, catalog: Ids, options: CallOptions = {}): Promise<void> {
  if ((await catalog.storeId()) !== undefined) return;
  const made = Buffer.from(JSON.stringify({version: 1, storeId: randomUUID()}));
  if ((await markerOf(store, options)) === undefined) await store.putObject(MARKER, made, {...options, ifAbsent: true});
  const storeId = await markerOf(store, options);
  if (storeId !== undefined) await catalog.adoptStore(storeId);
}

/** Rejects with `retention.foreign-store` where the store is not the one that the catalog describes. */
export async function requireMarkedStore(store: Store, catalog: Ids, options: CallOptions = {}): Promise<void> {
  const [expected, found] = await Promise.all([catalog.storeId(), markerOf(store, options)]);
  if (expected !== undefined && found === expected) return;
  throw new WaybillError('retention.foreign-store', 'The default store is not the one that the catalog describes.', {
    path: MARKER,
    expected: expected ?? 'an id in the catalog',
    found: found ?? 'no marker',
  });
}

function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'));
  } catch {
    return undefined;
  }
}
