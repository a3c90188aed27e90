import type {IncomingHttpHeaders} from 'node:http';
import {z} from 'zod';
import {S3Failure} from './errors.js';

/**
 * What stands under a partial's own name while its bytes are parts of an upload that no listing shows reliably:
 *
 *     {"version":1,"uploadId":"…","key":"data/big.bin","size":1073741824,"partBytes":8388608,"token":"…"}
 *
 * It is written before the first part, and padded to one length, by which a listing tells what may be one.
 */
const uploadRecord = z.object({
  version: z.literal(1),
  uploadId: z.string().min(1),
  /** Where the upload ends up. */
  key: z.string().min(1),
  size: z.int().nonnegative(),
  partBytes: z.int().positive(),
  /** In the metadata of the object that the upload becomes: tells it from any other under that key. */
  token: z.string(),
});
export type UploadRecord = z.output<typeof uploadRecord>;

export const RECORD_BYTES = 8191;

const MARK = 'x-amz-meta-waybill-upload';

export const recordMark: Readonly<Record<string, string>> = {[MARK]: '1'};

export function isRecord(headers: IncomingHttpHeaders): boolean {
  return headers[MARK] !== undefined;
}

export function encodeRecord(record: UploadRecord): Buffer {
  return Buffer.from(JSON.stringify(record).padEnd(RECORD_BYTES, ' '));
}

export function decodeRecord(content: Uint8Array): UploadRecord {
  try {
    return uploadRecord.parse(JSON.parse(Buffer.from(content).toString('utf8')));
  } catch (error) {
    throw new S3Failure({
      status: 200,
      code: 'MalformedRecord',
      message: 'The record of an upload is damaged.',
      cause: error,
    });
  }
}
