import type {Attributes, CallOptions} from '../store.js';
import type {S3Client} from './client.js';
import {copyInParts} from './copy-in-parts.js';
import {etagOf, fileEntry, keptMetadata} from './entry.js';
import {encodeKey} from './keys.js';
import {headOf} from './look.js';

const COPY_STALL_MS = 600_000;

interface CopyOptions extends CallOptions {
  readonly changes?: Attributes;
}

/**
 * Has the server copy an object, its metadata with it, changed where `changes` says so; onto itself it only changes
 * them. Answers false where there is no such object.
 */
export async function copyObject(client: S3Client, from: string, to: string, options: CopyOptions): Promise<boolean> {
  const {signal, changes = {}} = options;
  const headers = await headOf(client, from, options);
  if (headers === undefined) return false;
  const {size} = fileEntry(headers);
  const metadata = keptMetadata(headers, changes);
  const source = {
    'x-amz-copy-source': `/${client.bucket}/${encodeKey(from)}`,
    'x-amz-copy-source-if-match': `"${etagOf(headers)}"`,
  };
  if (size > client.mostCopiedBytes) {
    await copyInParts(client, to, {size, source, metadata}, options);
    return true;
  }
  await client.call({
    ...{method: 'PUT', mayFailLate: true, key: to, stallMs: COPY_STALL_MS},
    headers: {...metadata, ...source, 'x-amz-metadata-directive': 'REPLACE'},
    ...(signal === undefined ? {} : {signal}),
  });
  return true;
}
