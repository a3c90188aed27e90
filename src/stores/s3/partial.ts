import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, PartialFile, PartialSpec} from '../store.js';
import type {Bucket} from './bucket.js';
import {etagOf, metadataHeaders} from './entry.js';
import {isFailure, isMissing} from './errors.js';
import {requireDirectoryOf, statDirectory} from './names.js';
import {newToken} from './token.js';
import {isDirectory} from './placement.js';
import {MOST_OBJECT_BYTES, PART_BYTES, partBytesOf} from './part-size.js';
import {openPartialObject} from './partial-object.js';
import {PartialUpload} from './partial-upload.js';
import {encodeRecord, recordMark, type UploadRecord} from './upload-record.js';
import {abortUpload, checkedParts, createUpload, listParts, type UploadPart} from './upload.js';
import {readRecord} from './uploads.js';

/** How long a server may take to remove what an attempt that ended has begun. */
const CLEAN_UP_MS = 5_000;

export async function openPartial(bucket: Bucket, spec: PartialSpec, options: CallOptions): Promise<PartialFile> {
  const {keys} = bucket;
  if (spec.path === '') throw isDirectory(spec.path);
  const recordKey = keys.key(spec.path);
  await requireDirectoryOf(bucket, spec.path, options);
  if ((await statDirectory(bucket, spec.path, options)) !== undefined) throw isDirectory(spec.path);
  if (spec.size <= (spec.partBytes ?? PART_BYTES)) return openPartialObject(bucket, spec, options);
  for (;;) {
    const found = await openRecorded(bucket, spec, recordKey, options);
    if (found !== undefined) return found;
  }
}

/** The upload of the record, or a new one; undefined where another attempt was faster to write the record. */
async function openRecorded(
  bucket: Bucket,
  spec: PartialSpec,
  recordKey: string,
  options: CallOptions,
): Promise<PartialFile | undefined> {
  const {client} = bucket;
  const found = await readRecord(client, recordKey, options);
  if (found !== undefined) {
    const parts = await partsOf(bucket, found.record, options);
    if (parts !== undefined) return new PartialUpload(bucket, spec, recordKey, found.record, parts);
  }
  // Without parts the upload was completed or aborted: whoever comes now begins a new one in its place.
  const record = await begin(bucket, spec, options);
  const condition = found === undefined ? {'if-none-match': '*'} : {'if-match': `"${etagOf(found.headers)}"`};
  try {
    options.signal?.throwIfAborted();
    await client.call({
      ...{method: 'PUT', key: recordKey, body: encodeRecord(record)},
      headers: {...metadataHeaders({}), ...recordMark, ...condition},
      ...(options.signal === undefined ? {} : {signal: options.signal}),
    });
    return new PartialUpload(bucket, spec, recordKey, record, new Map());
  } catch (error) {
    await abortUnlessRecorded(bucket, recordKey, record);
    if (!isFailure(error, 412, 409) && !isMissing(error)) throw error;
    return undefined;
  }
}

/** An upload without a record is known to nobody and stays for ever, so that this is tried after an abort, too. */
async function abortUnlessRecorded({client}: Bucket, recordKey: string, record: UploadRecord): Promise<void> {
  const options = {signal: AbortSignal.timeout(CLEAN_UP_MS)};
  try {
    const now = await readRecord(client, recordKey, options);
    if (now?.record.uploadId !== record.uploadId) await abortUpload(client, record, options);
  } catch {
    // What the caller is told is why there was something to remove.
  }
}

async function partsOf(
  {client}: Bucket,
  record: UploadRecord,
  options: CallOptions,
): Promise<ReadonlyMap<number, UploadPart> | undefined> {
  try {
    return await listParts(client, record, options);
  } catch (error) {
    if (isFailure(error, 'NoSuchUpload')) return undefined;
    throw error;
  }
}

async function begin({client, keys}: Bucket, spec: PartialSpec, options: CallOptions): Promise<UploadRecord> {
  const {path, size, intended, partBytes = partBytesOf(size)} = spec;
  if (intended === undefined) {
    const message = 'A partial of more than one part is opened with its destination on this store.';
    throw new WaybillError('store.unsupported', message, {path});
  }
  if (size > MOST_OBJECT_BYTES) {
    const message = `${JSON.stringify(intended.destination)} has ${size} bytes, and ${MOST_OBJECT_BYTES} is the most on S3.`;
    throw new WaybillError('store.unsupported', message, {path, expected: MOST_OBJECT_BYTES, found: size});
  }
  const key = keys.key(intended.destination);
  const token = newToken();
  const {mode, modifiedAt} = intended;
  const metadata = {token, ...(mode === undefined ? {} : {mode}), ...(modifiedAt === undefined ? {} : {modifiedAt})};
  const uploadId = await createUpload(client, key, {...metadataHeaders(metadata), ...checkedParts}, options);
  return {version: 1, uploadId, key, size, partBytes, token};
}
