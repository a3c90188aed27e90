import type {IncomingHttpHeaders} from 'node:http';
import type {Attributes, Entry} from '../store.js';
import {S3Failure} from './errors.js';
import {encodeComponent} from './keys.js';

/**
 * What an object is beside its bytes, as user metadata:
 *
 *     x-amz-meta-mtime: 1700000000.123            seconds since 1970, as rclone writes it
 *     x-amz-meta-waybill-mode: 640                octal
 *     x-amz-meta-waybill-sha256: <64 hex>         where it was known before the object was written
 *     x-amz-meta-waybill-token: <32 hex>          of the partial or the put that made this object
 */
const META = 'x-amz-meta-';
const MTIME = `${META}mtime`;
const MODE = `${META}waybill-mode`;
const SHA256 = `${META}waybill-sha256`;
const TOKEN = `${META}waybill-token`;

export const METADATA_HEADERS: readonly string[] = [MTIME, MODE, SHA256, TOKEN];

/** The mode of an object that somebody else has written. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
const PRIVATE = 0o600;

export interface Metadata extends Attributes {
  readonly sha256?: string;
  readonly token?: string;
}

/** Headers that give a new object its metadata; without a mode it is private. */
export function metadataHeaders({mode = PRIVATE, modifiedAt, sha256, token}: Metadata): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    [MODE]: mode.toString(8),
    ...(modifiedAt === undefined ? {} : {[MTIME]: (Math.floor(modifiedAt) / 1000).toFixed(3)}),
    ...(sha256 === undefined ? {} : {[SHA256]: sha256}),
    ...(token === undefined ? {} : {[TOKEN]: token}),
  };
}

/** Tags of a new object, in the request that makes it. */
export function taggingHeader(tags: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(tags).map(([key, value]) => `${encodeComponent(key)}=${encodeComponent(value)}`);
  return pairs.length === 0 ? {} : {'x-amz-tagging': pairs.join('&')};
}

/** All user metadata that an answer carries, ours with `changes` in their place, for an object that takes its place. */
export function keptMetadata(headers: IncomingHttpHeaders, changes: Attributes): Record<string, string> {
  const kept = Object.entries(headers).filter(
    (header): header is [string, string] => typeof header[1] === 'string' && isKept(header[0]),
  );
  const {mode = modeOf(headers, FILE_MODE), modifiedAt = modifiedAtOf(headers)} = changes;
  return {...metadataHeaders({mode, modifiedAt}), ...Object.fromEntries(kept), ...changed({mode, modifiedAt})};
}

/** What whoever made the object told those who fetch it: a copy that replaces metadata loses all that it does not name. */
const KEPT_HEADERS = new Set([
  ...['content-type', 'content-encoding', 'content-disposition', 'content-language'],
  ...['cache-control', 'expires'],
]);

function isKept(name: string): boolean {
  return name.startsWith(META) || KEPT_HEADERS.has(name);
}

function changed(attributes: Attributes): Record<string, string> {
  const all = metadataHeaders(attributes);
  return Object.fromEntries(Object.entries(all).filter(([name]) => name === MODE || name === MTIME));
}

export function fileEntry(headers: IncomingHttpHeaders): Entry {
  const size = sizeOf(headers);
  return {
    ...{kind: 'file', size, mode: modeOf(headers, FILE_MODE), modifiedAt: modifiedAtOf(headers)},
    identity: identityOf(etagOf(headers), size, headers['last-modified']),
  };
}

/** What a listing says of a file: all but its metadata. */
export function listedFile({etag, size, lastModified}: ListedObject): Entry {
  const modifiedAt = Date.parse(lastModified) || 0;
  return {kind: 'file', size, mode: FILE_MODE, modifiedAt, identity: identityOf(etag, size, lastModified)};
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** As the server writes it. */
  readonly lastModified: string;
}

/** The same from a listing and from the object's headers, which have whole seconds. */
function identityOf(etag: string, size: number, lastModified: string | undefined): string {
  return `${etag} ${size} ${Math.floor((Date.parse(lastModified ?? '') || 0) / 1000)}`;
}

/** `headers` are those of the directory's marker, where it has one. */
export function directoryEntry(headers?: IncomingHttpHeaders): Entry {
  const mode = headers === undefined ? DIRECTORY_MODE : modeOf(headers, DIRECTORY_MODE);
  const modifiedAt = headers === undefined ? 0 : modifiedAtOf(headers);
  return {kind: 'directory', size: 0, mode, modifiedAt, identity: `directory ${mode.toString(8)} ${modifiedAt}`};
}

/** Without the quotes, which some servers leave out. */
export function etagOf(headers: IncomingHttpHeaders): string {
  return unquoted(headers.etag ?? '');
}

export function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

export function tokenHeader(token: string): Record<string, string> {
  return {[TOKEN]: token};
}

export function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  return text(headers[TOKEN]);
}

/** Of the whole object, also where the answer holds a range of it. */
function sizeOf(headers: IncomingHttpHeaders): number {
  const size = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] ?? headers['content-length'];
  if (size !== undefined) return Number(size);
  // A proxy that unpacks or rewrites the body leaves it out: taken for 0, the file would be copied as an empty one.
  throw new S3Failure({
    status: 200,
    code: 'MalformedAnswer',
    message: 'The server does not say how long the object is.',
  });
}

function modeOf(headers: IncomingHttpHeaders, otherwise: number): number {
  const mode = text(headers[MODE]);
  return mode !== undefined && /^[0-7]{1,4}$/.test(mode) ? Number.parseInt(mode, 8) : otherwise;
}

function modifiedAtOf(headers: IncomingHttpHeaders): number {
  const seconds = Number(text(headers[MTIME]) ?? Number.NaN);
  if (Number.isFinite(seconds)) return Math.round(seconds * 1000);
  return Date.parse(headers['last-modified'] ?? '') || 0;
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
