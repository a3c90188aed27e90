import {WaybillError} from '../../contracts/errors.js';
import type {Attributes, CallOptions, StorePath} from '../store.js';
import type {S3Client} from './client.js';
import {etagOf, fileEntry, keptMetadata} from './entry.js';
import {encodeKey} from './keys.js';
import {headOf} from './look.js';

/** What one copy request may carry. */
const MOST_COPIED_BYTES = 5 * 1024 ** 3;
const COPY_STALL_MS = 600_000;

export interface CopyOptions extends CallOptions {
  /** As messages name the source. */
  readonly path: StorePath;
  readonly changes?: Attributes;
}

/**
 * Has the server copy an object, its metadata with it, changed where `changes` says so; onto itself it only changes
 * them. Answers false where there is no such object.
 */
export async function copyObject(client: S3Client, from: string, to: string, options: CopyOptions): Promise<boolean> {
  const {signal, path, changes = {}} = options;
  const headers = await headOf(client, from, options);
  if (headers === undefined) return false;
  const {size} = fileEntry(headers);
  if (size > MOST_COPIED_BYTES) {
    const message = `${JSON.stringify(path)} is larger than what a server copies in one step.`;
    throw new WaybillError('store.unsupported', message, {path, expected: MOST_COPIED_BYTES, found: size});
  }
  await client.call({
    method: 'PUT',
    mayFailLate: true,
    key: to,
    headers: {
      ...keptMetadata(headers, changes),
      'x-amz-copy-source': `/${client.bucket}/${encodeKey(from)}`,
      'x-amz-copy-source-if-match': `"${etagOf(headers)}"`,
      'x-amz-metadata-directive': 'REPLACE',
    },
    stallMs: COPY_STALL_MS,
    ...(signal === undefined ? {} : {signal}),
  });
  return true;
}
