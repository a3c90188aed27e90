import {encodeComponent, encodeKey} from './keys.js';

/** Which bucket of which server. */
export interface S3Address {
  /** `http://` or `https://`, host and port: where whoever sends the requests reaches the server. */
  readonly endpoint: string;
  readonly bucket: string;
  /** True puts the bucket into the path, false before the host. Default true. */
  readonly pathStyle?: boolean;
}

export interface S3Resource {
  /** Left out for what is about the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
}

export function hostOf({endpoint, bucket, pathStyle}: S3Address): URL {
  const url = new URL(endpoint);
  if (pathStyle === false) url.hostname = `${bucket}.${url.hostname}`;
  return url;
}

/** What a connection is opened to: an address of IPv6 without its brackets. */
export function hostnameOf({hostname}: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** With the query, percent-encoded as the signature wants it. */
export function requestPath({bucket, pathStyle = true}: S3Address, {key, query}: S3Resource): string {
  const path = `${pathStyle ? `/${bucket}` : ''}${key === undefined ? '' : `/${encodeKey(key)}`}`;
  const fields = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeComponent(value)}`);
  return `${path === '' ? '/' : path}${fields.length === 0 ? '' : `?${fields.join('&')}`}`;
}
