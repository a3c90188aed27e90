import type {IncomingHttpHeaders} from 'node:http';
import {z} from 'zod';
import {WaybillError} from '../../contracts/errors.js';
import {S3Failure} from './errors.js';

const VERSION = 1;
const INTENTION_VERSION = 2;

/**
 * What stands under a partial's own name while its bytes are parts of an upload that no listing shows reliably:
 *
 *     {"version":1,"uploadId":"…","key":"data/big.bin","size":1073741824,"partBytes":8388608,"token":"…"}
 *
 * It is written before the first part, and padded to one length, by which a listing tells what may be one. Whatever a
 * later version changes, its number stands in `version`.
 */
const uploadRecord = z.object({
  version: z.literal(VERSION),
  uploadId: z.string().min(1),
  /** Where the upload ends up. */
  key: z.string().min(1),
  size: z.int().nonnegative(),
  partBytes: z.int().positive(),
  /** In the metadata of the object that the upload becomes: tells it from any other under that key. */
  token: z.string(),
  /**
   * Set where another upload may have begun for the same partial that no record names: at this time or later, in
   * milliseconds by the server's clock. Whoever publishes or removes the partial frees it.
   */
  since: z.int().nonnegative().optional(),
});
export type UploadRecord = z.output<typeof uploadRecord>;

/**
 * What stands there before the upload is created, whose id a crash would take along:
 *
 *     {"version":2,"key":"data/big.bin","since":1764000000000}
 */
const uploadIntention = z.object({
  version: z.literal(INTENTION_VERSION),
  /** Where the upload is to end up. */
  key: z.string().min(1),
  /** When an earlier attempt wrote this, by the server's clock; left out by the first, whose record says it by its time. */
  since: z.int().nonnegative().optional(),
});

const knownRecord = z.discriminatedUnion('version', [uploadRecord, uploadIntention]);
export type KnownRecord = z.output<typeof knownRecord>;

const laterRecord = z.object({version: z.int().gt(INTENTION_VERSION)});

export const RECORD_BYTES = 8191;

const MARK = 'x-amz-meta-waybill-upload';

export const recordMark: Readonly<Record<string, string>> = {[MARK]: '1'};

export function isRecord(headers: IncomingHttpHeaders): boolean {
  return headers[MARK] !== undefined;
}

export function encodeRecord(record: KnownRecord): Buffer {
  const content = Buffer.alloc(RECORD_BYTES, ' ');
  content.write(JSON.stringify(record));
  return content;
}

/** Rejects with `transfer.newer-version` where a later version wrote it. */
export function decodeRecord(content: Uint8Array): KnownRecord {
  const found = jsonIn(content);
  const later = laterRecord.safeParse(found);
  if (later.success) throw newer(later.data.version);
  const record = knownRecord.safeParse(found);
  if (record.success) return record.data;
  const message = 'The record of an upload is damaged.';
  throw new S3Failure({status: 200, code: 'MalformedRecord', message, cause: record.error});
}

function jsonIn(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'));
  } catch {
    return undefined;
  }
}

function newer(found: number): WaybillError {
  const message = `A newer Waybill began this upload: its record has version ${found}, and this one knows ${INTENTION_VERSION}.`;
  return new WaybillError('transfer.newer-version', message, {expected: INTENTION_VERSION, found});
}
