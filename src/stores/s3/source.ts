import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, Entry, MovingOptions, SourceFile, StorePath} from '../store.js';
import type {Bucket} from './bucket.js';
import {etagOf, fileEntry} from './entry.js';
import {isFailure, isMissing, S3Failure, translated} from './errors.js';
import type {HttpAnswer} from './exchange.js';
import {headOf} from './look.js';
import {notFound, statDirectory} from './names.js';

/** Read with the opening: most files are smaller, and cost one request in all. */
const FIRST_BYTES = 256 * 1024;

export async function openSource(bucket: Bucket, path: StorePath, options: CallOptions): Promise<SourceFile> {
  if (path === '') throw special(path);
  const key = bucket.keys.key(path);
  const opened = await open(bucket, key, options);
  if (opened !== undefined) return new S3Source(bucket, path, key, opened);
  throw (await statDirectory(bucket, path, options)) === undefined ? notFound(path) : special(path);
}

async function open(
  {client}: Bucket,
  key: string,
  options: CallOptions,
): Promise<Pick<HttpAnswer, 'headers' | 'body'> | undefined> {
  const {signal} = options;
  try {
    return await client.call({
      ...{method: 'GET', key, headers: {range: `bytes=0-${FIRST_BYTES - 1}`}, receive: 'own'},
      ...(signal === undefined ? {} : {signal}),
    });
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (!isFailure(error, 416)) throw error;
    // An empty object has no such range.
    const headers = await headOf(client, key, options);
    return headers === undefined ? undefined : {headers, body: Buffer.alloc(0)};
  }
}

/** Reads one version of an object: the name and its ETag; another version that took the name is refused. */
class S3Source implements SourceFile {
  readonly entry: Entry;
  readonly #bucket: Bucket;
  readonly #path: StorePath;
  readonly #key: string;
  readonly #etag: string;
  readonly #first: Buffer;

  constructor(bucket: Bucket, path: StorePath, key: string, opened: Pick<HttpAnswer, 'headers' | 'body'>) {
    this.#bucket = bucket;
    this.#path = path;
    this.#key = key;
    this.#etag = etagOf(opened.headers);
    this.#first = opened.body;
    this.entry = fileEntry(opened.headers);
  }

  async read(offset: number, length: number, options: MovingOptions = {}): Promise<Uint8Array> {
    const {signal, onBytes} = options;
    signal?.throwIfAborted();
    const end = Math.min(offset + length, this.entry.size);
    if (end <= offset) return new Uint8Array();
    if (end <= this.#first.length) return Uint8Array.prototype.slice.call(this.#first, offset, end);
    return translated(this.#path, async () => {
      try {
        const {body} = await this.#bucket.client.call({
          ...{method: 'GET', key: this.#key, maxBytes: length, receive: 'lent'},
          headers: {range: `bytes=${offset}-${end - 1}`, 'if-match': `"${this.#etag}"`},
          ...(onBytes === undefined ? {} : {onBytes}),
          ...(signal === undefined ? {} : {signal}),
        });
        if (body.length === end - offset) return body;
        throw new S3Failure({
          status: 200,
          code: 'WrongRange',
          message: `${body.length} bytes came instead of ${end - offset}.`,
        });
      } catch (error) {
        if (isMissing(error) || isFailure(error, 412, 416)) throw this.#changed(error);
        throw error;
      }
    });
  }

  async restat(options: CallOptions = {}): Promise<Entry> {
    options.signal?.throwIfAborted();
    return translated(this.#path, async () => {
      const headers = await headOf(this.#bucket.client, this.#key, options);
      if (headers === undefined) throw this.#changed();
      return fileEntry(headers);
    });
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  #changed(cause?: unknown): WaybillError {
    const message = `${JSON.stringify(this.#path)} was replaced or removed while it was read.`;
    return new WaybillError('source.changed', message, {path: this.#path, cause});
  }
}

function special(path: StorePath): WaybillError {
  return new WaybillError('source.special-file', `${JSON.stringify(path)} is not a regular file.`, {path});
}
