import aws4 from 'aws4';
import {hostOf, requestPath, type S3Address, type S3Resource} from './address.js';
import type {S3Credentials} from './credentials.js';
import type {CallOptions} from '../store.js';

/** A request as its URL is signed: a server refuses it with another method, key, query or header than these. */
export interface PresignableRequest extends S3Resource {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Lower-case names. `range` and `expect` are never signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Gives a client without keys the URLs of its requests. */
export interface PresignedUrls {
  /** `refused` is an earlier URL for the same request that the server did not take, or not any more. */
  presigned(request: PresignableRequest, options: CallOptions & {readonly refused?: string}): Promise<string>;
}

export interface PresignOptions extends S3Address {
  readonly region: string;
  readonly credentials: S3Credentials;
  readonly now: Date;
  /** How long the URL is taken, from `now`. S3 allows a week. */
  readonly validForSeconds: number;
  /**
   * Signs that a put is no copy, for a server that heeds the header of copies unsigned. MinIO takes what is missing among
   * the headers from the query; other servers refuse such a URL. Default false.
   */
  readonly refusesCopies?: boolean;
}

/** A URL with a Signature Version 4 in its query. The body itself is not signed, but may be by its checksum's header. */
export function presignedUrl(request: PresignableRequest, options: PresignOptions): string {
  const {region, credentials, now, validForSeconds, refusesCopies = false} = options;
  const {origin, host} = hostOf(options);
  const noCopy = refusesCopies && request.method === 'PUT' ? {'x-amz-copy-source': ''} : {};
  const path = requestPath(options, {
    ...(request.key === undefined ? {} : {key: request.key}),
    query: {
      ...request.query,
      ...noCopy,
      'X-Amz-Date': now.toISOString().replace(/[:-]|\.\d{3}/g, ''),
      'X-Amz-Expires': String(validForSeconds),
    },
  });
  const {method, headers} = request;
  const signable = {method, path, host, region, service: 's3', signQuery: true, headers: {...headers, ...noCopy, host}};
  const signed = aws4.sign(signable, credentials);
  if (signed.path === undefined) throw new Error('The request was not signed.');
  return origin + signed.path;
}

/** What follows the host of a URL, exactly as it was signed. */
export function pathOfUrl(url: string): string {
  return url.slice(url.indexOf('/', url.indexOf('//') + 2));
}
