import aws4 from 'aws4';
import type {S3Credentials} from './credentials.js';

export interface Signable {
  readonly method: string;
  /** With its query, percent-encoded. */
  readonly path: string;
  readonly host: string;
  /** Every one of them is signed, but those that proxies change. */
  readonly headers: Readonly<Record<string, string>>;
  readonly region: string;
  /** The server's time, as far as it is known. */
  readonly now: Date;
}

/** The headers with a Signature Version 4 among them. */
export function signedHeaders(request: Signable, credentials: S3Credentials): Record<string, string> {
  const {method, path, host, region, now} = request;
  const date = now.toISOString().replace(/[:-]|\.\d{3}/g, '');
  const headers: Record<string, string> = {...request.headers, host, 'x-amz-date': date};
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const signed = aws4.sign({method, path, host, region, service: 's3', headers: {...headers}}, credentials);
  const authorization = signed.headers?.['Authorization'];
  if (typeof authorization !== 'string') throw new Error('The request was not signed.');
  return {...headers, authorization};
}
