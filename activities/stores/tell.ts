import {WaybillError} from '../../src/contracts/errors.js';
import {
  type ParsedStoreQuestion,
  READ_LIMIT_BYTES,
  type StoreAnswer,
  type StoreEntry,
} from '../../src/contracts/store.js';
import type {Entry} from '../../src/stores/store.js';
import {digestOf} from '../../src/transfer/file-digest.js';
import {readExactly} from '../../src/transfer/read-ahead.js';
import {entryAt, type Place} from './place.js';

export async function stat(place: Place, signal: AbortSignal): Promise<StoreAnswer> {
  const entry = await place.store.stat(place.path, {signal});
  return entry === undefined ? {ask: 'stat'} : {ask: 'stat', entry: await described(place, entry, signal)};
}

/** An entry as it is told; where a link that is gone meanwhile pointed is left out. */
export async function described(
  {store, path}: Pick<Place, 'store' | 'path'>,
  entry: Entry,
  signal: AbortSignal,
): Promise<StoreEntry> {
  if (entry.kind !== 'link') return facts(entry);
  const linkTarget = await store.readLink(path, {signal}).catch(() => undefined);
  signal.throwIfAborted();
  return {...facts(entry), ...(linkTarget === undefined ? {} : {linkTarget})};
}

export function facts({kind, size, mode, modifiedAt}: Entry): StoreEntry {
  return {kind, size, mode, modifiedAt: new Date(modifiedAt).toISOString()};
}

export async function read(
  {store, path, location}: Place,
  {offset, length}: Extract<ParsedStoreQuestion, {ask: 'read'}>,
  signal: AbortSignal,
): Promise<StoreAnswer> {
  const source = await store.openSource(path, {signal});
  try {
    const {size, identity} = source.entry;
    if (size > READ_LIMIT_BYTES) {
      throw new WaybillError(
        'source.too-large',
        `${location} has ${size} bytes, and ${READ_LIMIT_BYTES} are the most`,
        {
          ...{path: location, expected: READ_LIMIT_BYTES, found: size},
          remedy: 'Fetch it with `waybill copy`.',
        },
      );
    }
    const bytes = Math.max(0, Math.min(length, size - offset));
    const content = bytes === 0 ? new Uint8Array() : await readExactly(source, offset, bytes, signal);
    return {ask: 'read', size, identity, base64: Buffer.from(content).toString('base64')};
  } finally {
    await source.close();
  }
}

export async function sha256(place: Place, signal: AbortSignal): Promise<StoreAnswer> {
  const {store, path} = place;
  const hashed = await store.hash?.(path, {signal});
  if (hashed !== undefined) {
    return {ask: 'sha256', sha256: hashed.sha256, size: hashed.entry.size, hashed: 'in-place'};
  }
  const {kind, size, identity} = await entryAt(place, signal);
  if (kind === 'file') {
    const digest = await digestOf(store, path, size, signal);
    if ((await store.stat(path, {signal}))?.identity === identity) {
      return {
        ask: 'sha256',
        sha256: digest,
        size,
        hashed: store.properties.overNetwork === true ? 'read-back' : 'in-place',
      };
    }
    throw new WaybillError('source.changed', `${place.location} changed while it was read`, {path: place.location});
  }
  throw new WaybillError('source.special-file', `${place.location} is a ${kind}, not a regular file`, {
    path: place.location,
  });
}
