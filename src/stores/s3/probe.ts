import {type CallOptions, type StorePath} from '../store.js';
import {S3Client} from './client.js';
import {asWaybillError, S3Failure} from './errors.js';
import type {S3Connection} from './options.js';

export type S3Probe =
  | {
      readonly outcome: 'answered';
      /** Milliseconds that the server's clock is ahead of this one; undefined where the server does not say. */
      readonly clockAheadMs: number | undefined;
    }
  /** No answer came. */
  | {readonly outcome: 'unreachable'; readonly error: unknown}
  /** A server is there, and refuses. */
  | {readonly outcome: 'refused'; readonly reason: 'no-bucket' | 'credentials' | 'other'; readonly error: unknown};

/** Asks for one name below `prefix`, once: whether the server answers, knows the keys and has the bucket. */
export async function probeS3(
  connection: S3Connection,
  prefix: StorePath,
  {signal}: CallOptions = {},
): Promise<S3Probe> {
  const client = new S3Client({...connection, connections: 1, retries: {tries: 1}});
  try {
    const {headers} = await client.call({
      ...{method: 'GET', query: {'list-type': '2', prefix: prefix === '' ? '' : `${prefix}/`, 'max-keys': '1'}},
      ...(signal === undefined ? {} : {signal}),
    });
    const ahead = Date.parse(headers.date ?? '') - Date.now();
    return {outcome: 'answered', clockAheadMs: Number.isNaN(ahead) ? undefined : ahead};
  } catch (failure) {
    if (!(failure instanceof S3Failure)) throw failure;
    const error = asWaybillError(connection.bucket, failure);
    if (failure.status === 0) return {outcome: 'unreachable', error};
    return {outcome: 'refused', reason: reasonOf(failure), error};
  } finally {
    client.close();
  }
}

function reasonOf({code, status}: S3Failure): 'no-bucket' | 'credentials' | 'other' {
  if (code === 'NoSuchBucket') return 'no-bucket';
  // Versity Gateway says 404 of a user whom it does not know.
  if (status === 401 || status === 403 || code === 'XAdminUserNotFound') return 'credentials';
  return 'other';
}
