import {WaybillError} from '../../contracts/errors.js';
import {checkStoreName, joinStorePath} from '../paths.js';
import type {ListedEntry, ListOptions, StorePath} from '../store.js';
import type {Bucket} from './bucket.js';
import {directoryEntry, type ListedObject, listedFile} from './entry.js';
import {mapInParallel} from '../in-parallel.js';
import {headOf, type Page, pages} from './look.js';
import {notFound} from './names.js';
import {RECORD_BYTES} from './upload-record.js';
import {entryOf} from './uploads.js';

export async function* list(bucket: Bucket, directory: StorePath, options: ListOptions): AsyncGenerator<ListedEntry> {
  const {client, keys} = bucket;
  const prefix = keys.directoryKey(directory);
  let found = directory === '';
  for await (const each of pages(client, {...options, prefix, byDirectory: true})) {
    found ||= each.objects.length > 0 || each.directories.length > 0;
    yield* entries(bucket, prefix, each, options);
  }
  if (found) return;
  if ((await headOf(client, keys.key(directory), options)) === undefined) throw notFound(directory);
  throw new WaybillError('store.not-a-directory', `${JSON.stringify(directory)} is a file.`, {path: directory});
}

/** A listing says nothing of metadata: where that is wanted, each name costs a request of its own, many at once. */
async function* entries(
  {client, keys}: Bucket,
  prefix: string,
  {objects, directories}: Page,
  options: ListOptions,
): AsyncGenerator<ListedEntry> {
  const toAsk: {readonly key: string; readonly isDirectory: boolean}[] = [];
  for (const object of objects) {
    if (object.key === prefix) continue;
    if (tellsAll(object, options)) {
      yield {...listedFile(object), attributesLeftOut: true, ...named(object.key.slice(prefix.length), keys)};
    } else toAsk.push({key: object.key, isDirectory: false});
  }
  toAsk.push(...directories.map((key) => ({key, isDirectory: true})));
  const looked = await mapInParallel(toAsk, client.connections, async ({key, isDirectory}) => {
    const name = key.slice(prefix.length, isDirectory ? -1 : undefined);
    const headers = await headOf(client, key, options);
    if (isDirectory) return {...directoryEntry(headers), ...named(name, keys)};
    // It has vanished since its name was listed.
    if (headers === undefined) return undefined;
    return {...(await entryOf(client, key, headers, options)), ...named(name, keys)};
  });
  for (const entry of looked) if (entry !== undefined) yield entry;
}

/** What has the length of an upload's record may be one: its own size is not that of the file. */
function tellsAll({size, etag}: ListedObject, {attributes = true}: ListOptions): boolean {
  return !attributes && size !== RECORD_BYTES && etag !== '';
}

/** Keys that are no names of a tree, such as those with two slashes in a row, are shown and never opened. */
function named(name: string, keys: Bucket['keys']): {readonly name: string; readonly unrepresentable?: true} {
  try {
    keys.key(joinStorePath(checkStoreName(name)));
    return {name};
  } catch {
    return {name: JSON.stringify(name).replaceAll('/', '\\u002f'), unrepresentable: true};
  }
}
