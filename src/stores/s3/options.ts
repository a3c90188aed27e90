import type {S3Address} from './address.js';
import type {S3Credentials} from './credentials.js';
import type {PresignedUrls} from './presign.js';

export interface S3Connection extends S3Address {
  /** Default `us-east-1`, which servers that know no regions take. */
  readonly region?: string;
  /**
   * Asked before each request where it is a function: for credentials that expire. Never logged. A client without
   * credentials sends its requests to URLs that somebody else signs.
   */
  readonly credentials: S3Credentials | (() => Promise<S3Credentials>) | PresignedUrls;
  /** Certificates, in PEM, that are trusted beside those of the system. */
  readonly certificateAuthority?: string;
  /** Bytes of the largest object that is copied in one request: larger ones in parts. Default 5 GiB, the limit of S3. */
  readonly mostCopiedBytes?: number;
  /** Connections that are kept and used at once. Default 16. */
  readonly connections?: number;
  /** Milliseconds without a byte either way after which a request counts as stalled. Default 30,000. */
  readonly stallMs?: number;
  /** Tags of every object that is made. Copies have those of what they are copies of. */
  readonly newObjectTags?: Readonly<Record<string, string>>;
  /** See `RetryPolicy`. */
  readonly retries?: Partial<RetryPolicy>;
}

/**
 * What is tried again inside of one call: a connection that breaks or stalls, an answer that is cut off, and the
 * statuses by which a server asks for patience (429, 500, 502, 503 with SlowDown, 504). The wait before try n is a
 * random time up to `firstWaitMs` × 2ⁿ, at most `longestWaitMs`: many workers that were refused together do not come
 * back together. A server that says `Retry-After` is believed, up to `longestWaitMs`.
 */
export interface RetryPolicy {
  /** Tries in all. Default 6. */
  readonly tries: number;
  /** Milliseconds. Default 100. */
  readonly firstWaitMs: number;
  /** Milliseconds. Default 5,000. */
  readonly longestWaitMs: number;
}

export const defaultRetries: RetryPolicy = {tries: 6, firstWaitMs: 100, longestWaitMs: 5000};
