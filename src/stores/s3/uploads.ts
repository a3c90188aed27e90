import type {IncomingHttpHeaders} from 'node:http';
import {hasCode} from '../../contracts/errors.js';
import type {CallOptions, Entry} from '../store.js';
import type {S3Client} from './client.js';
import {fileEntry} from './entry.js';
import {isFailure, isMissing} from './errors.js';
import {abortBegun} from './begun-uploads.js';
import {decodeRecord, isRecord, type KnownRecord, RECORD_BYTES} from './upload-record.js';
import {abortUpload, partsIfThere} from './upload.js';

export interface FoundRecord {
  readonly record: KnownRecord;
  /** With the record's own ETag and times. */
  readonly headers: IncomingHttpHeaders;
}

/** What lies under `key` of an upload; undefined where there is no record. */
export async function readRecord(
  client: S3Client,
  key: string,
  {signal}: CallOptions,
): Promise<FoundRecord | undefined> {
  try {
    const {headers, body} = await client.call({
      ...{method: 'GET', key, headers: {range: `bytes=0-${RECORD_BYTES - 1}`}},
      ...(signal === undefined ? {} : {signal}),
    });
    return isRecord(headers) ? {record: decodeRecord(body), headers} : undefined;
  } catch (error) {
    // An empty object has no such range.
    if (isMissing(error) || isFailure(error, 416)) return undefined;
    throw error;
  }
}

/** The entry of an object; of a partial that is an upload, with the bytes that the server holds of it. */
export async function entryOf(
  client: S3Client,
  key: string,
  headers: IncomingHttpHeaders,
  options: CallOptions,
): Promise<Entry> {
  const entry = fileEntry(headers);
  if (!isRecord(headers)) return entry;
  try {
    const record = await readRecord(client, key, options);
    return record === undefined ? entry : {...entry, size: await heldBytes(client, record.record, options)};
  } catch (error) {
    // One such record would end each listing of its directory: it is shown as it lies, and refused where it is opened.
    if (hasCode(error, 'transfer.newer-version')) return entry;
    throw error;
  }
}

/** None where it was completed or aborted: what it held is published, or gone. */
async function heldBytes(client: S3Client, record: KnownRecord, options: CallOptions): Promise<number> {
  const parts = record.version === 2 ? undefined : await partsIfThere(client, record, options);
  return [...(parts?.values() ?? [])].reduce((sum, part) => sum + part.size, 0);
}

/** Frees the parts of the upload whose record lies under `key`, where there is one, and those that it alone knows of. */
export async function abortUploadAt(client: S3Client, key: string, options: CallOptions): Promise<void> {
  const found = await readRecord(client, key, options);
  if (found === undefined) return;
  const {record} = found;
  if (record.version === 1) await abortUpload(client, record, options);
  const since = sinceOf(found);
  if (since !== undefined) await abortBegun(client, {key: record.key, since}, options);
}

/** Since when there may be uploads that no record names, in milliseconds by the server's clock; undefined where there is none. */
export function sinceOf({record, headers}: FoundRecord): number | undefined {
  if (record.version === 1) return record.since;
  return record.since ?? (Date.parse(headers['last-modified'] ?? '') || 0);
}
