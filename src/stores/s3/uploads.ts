import type {IncomingHttpHeaders} from 'node:http';
import {hasCode} from '../../contracts/errors.js';
import type {CallOptions, Entry} from '../store.js';
import type {S3Client} from './client.js';
import {fileEntry} from './entry.js';
import {isFailure, isMissing} from './errors.js';
import {decodeRecord, isRecord, RECORD_BYTES, type UploadRecord} from './upload-record.js';
import {abortUpload, listParts} from './upload.js';

/** The upload whose record lies under `key`, with the record's own ETag; undefined where there is no record. */
export async function readRecord(
  client: S3Client,
  key: string,
  {signal}: CallOptions,
): Promise<{readonly record: UploadRecord; readonly headers: IncomingHttpHeaders} | undefined> {
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

async function heldBytes(client: S3Client, record: UploadRecord, options: CallOptions): Promise<number> {
  try {
    const parts = await listParts(client, record, options);
    return [...parts.values()].reduce((sum, part) => sum + part.size, 0);
  } catch (error) {
    // Completed or aborted: what it held is published, or gone.
    if (isFailure(error, 'NoSuchUpload')) return 0;
    throw error;
  }
}

/** Frees the parts of the upload whose record lies under `key`, where there is one. */
export async function abortUploadAt(client: S3Client, key: string, options: CallOptions): Promise<void> {
  const found = await readRecord(client, key, options);
  if (found !== undefined) await abortUpload(client, found.record, options);
}
