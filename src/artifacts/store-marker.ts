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

/**
 * Ties a catalog that describes no store yet to one that has no catalog yet. Rejects with `retention.foreign-store` where
 * the store has another id than the catalog, or one while the catalog has none: it is another installation's, or this
 * one's whose catalog was lost. With `adopt` a catalog without an id takes that of the store, and a store without one
 * that of the catalog.
 */
export async function markStore(
  store: Store,
  catalog: Ids,
  {adopt = false, ...options}: CallOptions & {readonly adopt?: boolean} = {},
): Promise<void> {
  const known = await catalog.storeId();
  const found = await markerOf(store, options);
  // The catalog has its id first: of a store that another worker marks meanwhile it knows when the last look is taken.
  if (found === undefined && (known === undefined || adopt)) {
    const storeId = known ?? (await catalog.adoptStore(randomUUID()));
    await store.putObject(MARKER, Buffer.from(JSON.stringify({version: 1, storeId})), {...options, ifAbsent: true});
  } else if (found !== undefined && adopt) {
    await catalog.adoptStore(found);
  }
  await requireMarkedStore(store, catalog, options);
}

/** Rejects with `retention.foreign-store` where the store is not the one that the catalog describes. */
export async function requireMarkedStore(store: Store, catalog: Ids, options: CallOptions = {}): Promise<void> {
  const [expected, found] = await Promise.all([catalog.storeId(), markerOf(store, options)]);
  if (expected !== undefined && found === expected) return;
  const foundIs = found === undefined ? 'has no id' : `has the id ${found}`;
  const expectedIs = expected === undefined ? 'describes no store yet' : `describes the store ${expected}`;
  throw new WaybillError('retention.foreign-store', `The default store ${foundIs}, and the catalog ${expectedIs}.`, {
    path: MARKER,
    expected: expected ?? 'no id in the catalog',
    found: found ?? 'no id in the store',
  });
}

function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'));
  } catch {
    return undefined;
  }
}
