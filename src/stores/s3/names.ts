import {WaybillError} from '../../contracts/errors.js';
import {splitStorePath} from '../paths.js';
import type {Attributes, CallOptions, Entry, StorePath} from '../store.js';
import type {Bucket} from './bucket.js';
import {copyObject} from './copy.js';
import {deleteObject, deleteObjects} from './delete.js';
import {directoryEntry, keptMetadata, metadataHeaders} from './entry.js';
import {anyBelow, headOf, page, pages} from './look.js';
import {isRecord} from './upload-record.js';
import {abortUploadAt, entryOf} from './uploads.js';

export async function stat(bucket: Bucket, path: StorePath, options: CallOptions): Promise<Entry | undefined> {
  const {client, keys} = bucket;
  if (path === '') return directoryEntry();
  const key = keys.key(path);
  const headers = await headOf(client, key, options);
  return headers === undefined ? statDirectory(bucket, path, options) : entryOf(client, key, headers, options);
}

/** A directory is there while anything is below it: its marker, or a file that nobody made a directory for. */
export async function statDirectory(
  {client, keys}: Bucket,
  path: StorePath,
  options: CallOptions,
): Promise<Entry | undefined> {
  const marker = keys.directoryKey(path);
  const {objects} = await page(client, {...options, prefix: marker, most: 1});
  const [first] = objects;
  if (first === undefined) return undefined;
  return directoryEntry(first.key === marker ? await headOf(client, marker, options) : undefined);
}

export async function makeDirectory(
  bucket: Bucket,
  path: StorePath,
  options: CallOptions & {readonly mode?: number},
): Promise<void> {
  const {keys, placement} = bucket;
  if (path === '') return;
  const marker = keys.directoryKey(path);
  await placement.checkAbove(path, options);
  const found = await stat(bucket, path, options);
  if (found !== undefined && found.kind !== 'directory') {
    throw new WaybillError('store.not-a-directory', `${JSON.stringify(path)} is a file.`, {path});
  }
  if (found !== undefined) return;
  await putMarker(bucket, marker, {mode: options.mode ?? directoryEntry().mode, modifiedAt: Date.now()}, options);
}

export async function setAttributes(
  bucket: Bucket,
  path: StorePath,
  attributes: Attributes,
  options: CallOptions,
): Promise<void> {
  const {client, keys} = bucket;
  if (path !== '') {
    const key = keys.key(path);
    if (await copyObject(client, key, key, {...options, changes: attributes})) return;
  }
  if ((await statDirectory(bucket, path, options)) === undefined) throw notFound(path);
  const marker = keys.directoryKey(path);
  const found = path === '' ? undefined : await headOf(client, marker, options);
  // The root needs no marker, and where the prefix is empty there is no key for one.
  if (path === '') return;
  const before = directoryEntry(found);
  await putMarker(bucket, marker, {mode: before.mode, modifiedAt: before.modifiedAt, ...attributes}, options, found);
}

async function putMarker(
  {client}: Bucket,
  marker: string,
  attributes: Attributes,
  {signal}: CallOptions,
  found: Parameters<typeof keptMetadata>[0] = {},
): Promise<void> {
  await client.call({
    ...{method: 'PUT', key: marker, body: new Uint8Array()},
    headers: {...keptMetadata(found, attributes), 'content-type': metadataHeaders({})['content-type'] ?? ''},
    ...(signal === undefined ? {} : {signal}),
  });
}

export async function rename(
  bucket: Bucket,
  from: StorePath,
  to: StorePath,
  options: CallOptions & {readonly overwrite: boolean},
): Promise<void> {
  refuseRoot(from);
  refuseRoot(to);
  const {client, keys, placement} = bucket;
  const [source, destination] = [keys.key(from), keys.key(to)];
  const found = await stat(bucket, from, options);
  if (found === undefined) throw notFound(from);
  await placement.checkAbove(to, options);
  const taken = await stat(bucket, to, options);
  if (taken !== undefined && (!options.overwrite || taken.kind !== found.kind)) {
    throw new WaybillError('store.already-exists', `${JSON.stringify(to)} exists already.`, {path: to});
  }
  // Copied onto itself it would be deleted as what it was copied from.
  if (from === to) return;
  if (found.kind === 'directory') {
    if (to.startsWith(`${from}/`)) {
      throw new WaybillError('transfer.same-place', `${JSON.stringify(from)} cannot be moved into itself.`, {path: to});
    }
    if (taken !== undefined) await requireEmpty(bucket, to, options);
    await renameDirectory(bucket, from, to, options);
    return;
  }
  if (!(await copyObject(client, source, destination, options))) throw notFound(from);
  placement.wrote(to);
  await deleteObject(client, source, options);
}

/** Copies everything first: whoever is killed half-way leaves the old tree whole. */
async function renameDirectory(bucket: Bucket, from: StorePath, to: StorePath, options: CallOptions): Promise<void> {
  const {client, keys} = bucket;
  const [source, destination] = [keys.directoryKey(from), keys.directoryKey(to)];
  const moved: string[] = [];
  for await (const {objects} of pages(client, {...options, prefix: source})) {
    for (const {key} of objects) {
      const copy = destination + key.slice(source.length);
      // Not every server copies a marker.
      if (key.endsWith('/')) await putMarker(bucket, copy, {}, options, await headOf(client, key, options));
      else await copyObject(client, key, copy, options);
      moved.push(key);
    }
  }
  await deleteObjects(client, moved, options);
}

export async function remove(bucket: Bucket, path: StorePath, options: CallOptions): Promise<void> {
  const {client, keys} = bucket;
  refuseRoot(path);
  const key = keys.key(path);
  const headers = await headOf(client, key, options);
  if (headers !== undefined) {
    if (isRecord(headers)) await abortUploadAt(client, key, options);
    await deleteObject(client, key, options);
    return;
  }
  if (await requireEmpty(bucket, path, options)) await deleteObject(client, keys.directoryKey(path), options);
}

/** Rejects where a directory holds anything; answers whether it has a marker. */
async function requireEmpty({client, keys}: Bucket, path: StorePath, options: CallOptions): Promise<boolean> {
  const marker = keys.directoryKey(path);
  const {objects} = await page(client, {...options, prefix: marker, most: 2});
  if (objects.some((object) => object.key !== marker)) {
    throw new WaybillError('store.not-empty', `${JSON.stringify(path)} is not empty.`, {path});
  }
  return objects.length > 0;
}

export function refuseRoot(path: StorePath): void {
  if (path === '') throw new WaybillError('name.outside-root', 'The root itself is not renamed or removed.', {path});
}

/** Rejects where the directory that is to hold `path` is not there, or is a file. */
export async function requireDirectoryOf(bucket: Bucket, path: StorePath, options: CallOptions): Promise<void> {
  const {client, keys} = bucket;
  const directory = splitStorePath(path)?.directory ?? '';
  if (directory === '' || (await anyBelow(client, keys.directoryKey(directory), options))) return;
  await bucket.placement.checkAbove(path, options);
  throw notFound(directory);
}

export function notFound(path: StorePath): WaybillError {
  return new WaybillError('store.not-found', `${JSON.stringify(path)} is not there.`, {path});
}
