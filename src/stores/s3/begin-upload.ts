import type {IncomingHttpHeaders} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {unlessAborted} from '../../abort/on-abort.js';
import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, PartialSpec, StorePath} from '../store.js';
import type {Bucket} from './bucket.js';
import type {S3Client} from './client.js';
import {etagOf, metadataHeaders} from './entry.js';
import {isFailure, isMissing} from './errors.js';
import {MOST_OBJECT_BYTES, partBytesOf} from './part-size.js';
import {newToken} from './token.js';
import {encodeRecord, type KnownRecord, recordMark, type UploadRecord} from './upload-record.js';
import {abortUpload, checkedParts, createUpload} from './upload.js';
import {type FoundRecord, readRecord, sinceOf} from './uploads.js';

/** How long a server may take to remove what an attempt that ended has begun. */
const CLEAN_UP_MS = 5_000;

/** An intention of this age may be of an attempt that is about to note its upload: whoever comes waits for it. */
const UNDER_WAY_MS = 3_000;
const LOOK_AGAIN_MS = 100;

const ABSENT = {'if-none-match': '*'};

interface RecordPlace {
  readonly recordKey: string;
  /** What lies there. */
  readonly found: FoundRecord | undefined;
}

/**
 * Begins an upload in place of what was `found` under `recordKey`; undefined where another attempt is faster. Its intention
 * is written first: an attempt that ends between the creation of the upload and the note of its id leaves one that no
 * other would find. The record says since when there may be such ones: one of them may still be on its way.
 *
 * A client that holds nothing but tickets cannot list uploads, and writes none.
 */
export async function beginUpload(
  {client, keys}: Bucket,
  spec: PartialSpec,
  {recordKey, found}: RecordPlace,
  options: CallOptions,
): Promise<UploadRecord | undefined> {
  const upload = newUpload(keys.key(requireDestination(spec)), spec);
  const condition = found === undefined ? ABSENT : {'if-match': `"${etagOf(found.headers)}"`};
  if (client.presigned) {
    const record = upload.record(await createUpload(client, upload, options));
    return (await note(client, recordKey, record, condition, options)) ? record : undefined;
  }
  if (found?.record.version === 2 && isUnderWay(found)) {
    await unlessAborted(options.signal, delay(LOOK_AGAIN_MS));
    return undefined;
  }
  const earlier = found === undefined ? undefined : sinceOf(found);
  const since = earlier === undefined ? {} : {since: earlier};
  const intention = await putRecord(client, recordKey, {version: 2, key: upload.key, ...since}, condition, options);
  if (intention === undefined) return undefined;
  // A try whose answer was lost may have created another one.
  let doubtful = since;
  const onLostAnswer = (): void => {
    doubtful = {since: earlier ?? (Date.parse(intention.date ?? '') || Date.now())};
  };
  const begun = upload.record(await createUpload(client, upload, {...options, onLostAnswer}));
  const record = {...begun, ...doubtful};
  const noted = await note(client, recordKey, record, {'if-match': `"${etagOf(intention)}"`}, options);
  return noted ? record : undefined;
}

/** Whether the attempt that wrote an intention may be about to note its upload. */
function isUnderWay({headers}: FoundRecord): boolean {
  const age = Date.parse(headers.date ?? '') - Date.parse(headers['last-modified'] ?? '');
  return age < UNDER_WAY_MS;
}

function requireDestination({intended, path, size}: PartialSpec): StorePath {
  if (intended === undefined) {
    const message = 'A partial of more than one part is opened with its destination on this store.';
    throw new WaybillError('store.unsupported', message, {path});
  }
  const {destination} = intended;
  if (size > MOST_OBJECT_BYTES) {
    const message = `${JSON.stringify(destination)} has ${size} bytes, and ${MOST_OBJECT_BYTES} is the most on S3.`;
    throw new WaybillError('store.unsupported', message, {path, expected: MOST_OBJECT_BYTES, found: size});
  }
  return destination;
}

function newUpload(key: string, {intended, size, partBytes = partBytesOf(size)}: PartialSpec) {
  const token = newToken();
  const {mode, modifiedAt} = intended ?? {};
  const metadata = {token, ...(mode === undefined ? {} : {mode}), ...(modifiedAt === undefined ? {} : {modifiedAt})};
  return {
    key,
    headers: {...metadataHeaders(metadata), ...checkedParts},
    record: (uploadId: string): UploadRecord => ({version: 1, uploadId, key, size, partBytes, token}),
  };
}

/** False where another attempt was faster to write its own. An upload that is not noted is taken back. */
async function note(
  client: S3Client,
  recordKey: string,
  record: UploadRecord,
  condition: Readonly<Record<string, string>>,
  options: CallOptions,
): Promise<boolean> {
  let noted = false;
  try {
    options.signal?.throwIfAborted();
    noted = (await putRecord(client, recordKey, record, condition, options)) !== undefined;
  } finally {
    if (!noted) await abortUnlessRecorded(client, recordKey, record);
  }
  return noted;
}

/** The headers of the answer; undefined where something else lies there. */
async function putRecord(
  client: S3Client,
  key: string,
  record: KnownRecord,
  condition: Readonly<Record<string, string>>,
  {signal}: CallOptions,
): Promise<IncomingHttpHeaders | undefined> {
  try {
    const {headers} = await client.call({
      ...{method: 'PUT', key, body: encodeRecord(record)},
      headers: {...metadataHeaders({}), ...recordMark, ...condition},
      ...(signal === undefined ? {} : {signal}),
    });
    return headers;
  } catch (error) {
    if (isFailure(error, 412, 409) || isMissing(error)) return undefined;
    throw error;
  }
}

/** An upload without a record is known to nobody and stays for ever, so that this is tried after an abort, too. */
async function abortUnlessRecorded(client: S3Client, recordKey: string, record: UploadRecord): Promise<void> {
  const options = {signal: AbortSignal.timeout(CLEAN_UP_MS)};
  try {
    const now = await readRecord(client, recordKey, options);
    const isNoted = now?.record.version === 1 && now.record.uploadId === record.uploadId;
    if (!isNoted) await abortUpload(client, record, options);
  } catch {
    // What the caller is told is why there was something to remove.
  }
}
