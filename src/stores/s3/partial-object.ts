import {createHash} from 'node:crypto';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {WaybillError} from '../../contracts/errors.js';
import type {ByteRange, CallOptions, Entry, PartialFile, PartialSpec, PublishOptions, WriteOptions} from '../store.js';
import type {Bucket} from './bucket.js';
import {etagOf, fileEntry, metadataHeaders, tokenOf} from './entry.js';
import {isFailure, isMissing, translated} from './errors.js';
import {headOf} from './look.js';
import {deleteObject} from './delete.js';
import {putWhole} from './objects.js';
import {hasToken, newToken} from './token.js';

/**
 * A partial that is small enough to be written whole with each change: a put on the condition that nobody has put
 * since (If-Match). Who comes second reads what the first has put, and lays his own bytes over it.
 */
export async function openPartialObject(bucket: Bucket, spec: PartialSpec, options: CallOptions): Promise<PartialFile> {
  const {client, keys} = bucket;
  const key = keys.key(spec.path);
  for (;;) {
    const found = await readImage(bucket, key, options);
    if (found !== undefined) return new PartialObject(bucket, spec, key, found);
    const metadata = {sha256: digest(new Uint8Array()), token: newToken()};
    await putWhole(client, key, new Uint8Array(), {...options, metadata, ifAbsent: true});
  }
}

interface Image {
  readonly etag: string;
  readonly token: string | undefined;
  readonly content: Buffer;
}

const MOST_IMAGE_BYTES = 64 * 1024 * 1024;

async function readImage({client}: Bucket, key: string, {signal}: CallOptions): Promise<Image | undefined> {
  try {
    const {headers, body} = await client.call({
      ...{method: 'GET', key, maxBytes: MOST_IMAGE_BYTES},
      ...(signal === undefined ? {} : {signal}),
    });
    return {etag: etagOf(headers), token: tokenOf(headers), content: body};
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly onBytes: (() => void) | undefined;
}

class PartialObject implements PartialFile {
  readonly foundBytes: number;
  readonly #bucket: Bucket;
  readonly #spec: PartialSpec;
  readonly #key: string;
  readonly #token: string | undefined;
  #image: Image;
  #waiting: Piece[] = [];
  #putting: Promise<void> | undefined;

  constructor(bucket: Bucket, spec: PartialSpec, key: string, image: Image) {
    this.#bucket = bucket;
    this.#spec = spec;
    this.#key = key;
    this.#token = image.token;
    this.#image = image;
    this.foundBytes = image.content.length;
  }

  async write(offset: number, chunk: Uint8Array, {signal, onBytes}: WriteOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (chunk.length === 0) return;
    this.#waiting.push({offset, bytes: chunk, onBytes});
    await translated(this.#spec.path, () => this.#settled());
    // The put that carried it is not called back: it holds bytes of other writers, too.
    signal?.throwIfAborted();
  }

  async *hash(ranges: readonly ByteRange[], options: CallOptions = {}): AsyncGenerator<string | undefined> {
    options.signal?.throwIfAborted();
    if (ranges.length === 0) return;
    const {content} = await translated(this.#spec.path, () => this.#current(options));
    for (const {offset, length} of ranges) {
      yield offset + length > content.length ? undefined : digest(content.subarray(offset, offset + length));
      await nextTurn();
      options.signal?.throwIfAborted();
    }
  }

  async sync(options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    // What the server has acknowledged is on its medium.
  }

  async publish(options: PublishOptions): Promise<Entry> {
    const {destination: path, ifExists, mode, modifiedAt} = options;
    options.signal?.throwIfAborted();
    const {client, keys, placement} = this.#bucket;
    const destination = keys.key(path);
    return translated(path, async () => {
      const {content} = await this.#current(options);
      this.#count(content.length, options.size ?? this.#spec.size);
      await placement.check(path, options);
      const metadata = {
        sha256: digest(content),
        ...(mode === undefined ? {} : {mode}),
        ...(modifiedAt === undefined ? {} : {modifiedAt}),
        ...(this.#token === undefined ? {} : {token: this.#token}),
      };
      const isPut = await putWhole(client, destination, content, {...options, metadata, ifAbsent: ifExists === 'keep'});
      if (!isPut) await this.#explainRefusal(destination, path, options);
      placement.wrote(path);
      await deleteObject(client, this.#key, options);
      const headers = await headOf(client, destination, options);
      if (headers === undefined) throw partialConsumed(path);
      return fileEntry(headers);
    });
  }

  async close(): Promise<void> {
    await this.#putting?.catch(() => undefined);
  }

  /** Resolves when everything that waits now is put. Writes that come while a put is under way go into the next. */
  async #settled(): Promise<void> {
    const underWay = this.#putting;
    if (underWay !== undefined) await underWay.catch(() => undefined);
    if (this.#putting !== underWay && this.#putting !== undefined) {
      await this.#putting;
      return;
    }
    const pieces = this.#waiting;
    this.#waiting = [];
    if (pieces.length === 0) return;
    const putting = this.#put(pieces).finally(() => {
      if (this.#putting === putting) this.#putting = undefined;
    });
    this.#putting = putting;
    await putting;
  }

  async #put(pieces: readonly Piece[]): Promise<void> {
    const {client} = this.#bucket;
    for (;;) {
      const content = laidOver(this.#image.content, pieces);
      try {
        const {headers} = await client.call({
          ...{method: 'PUT', key: this.#key, body: content, sha256: digest(content)},
          onBytes: () => {
            for (const {onBytes} of pieces) onBytes?.();
          },
          headers: {
            ...metadataHeaders(this.#token === undefined ? {} : {token: this.#token}),
            'if-match': `"${this.#image.etag}"`,
          },
        });
        this.#image = {...this.#image, etag: etagOf(headers), content};
        return;
      } catch (error) {
        if (!isMissing(error) && !isFailure(error, 412, 409)) throw error;
        this.#image = await this.#current({});
      }
    }
  }

  /** What the partial holds now; rejects where it is gone, or another one has its name. */
  async #current(options: CallOptions): Promise<Image> {
    const image = await readImage(this.#bucket, this.#key, options);
    if (image === undefined || image.token !== this.#token) throw partialConsumed(this.#spec.path);
    return image;
  }

  #count(found: number, expected: number): void {
    if (found === expected) return;
    const message = `The unfinished file holds ${found} bytes instead of ${expected}.`;
    throw new WaybillError('transfer.checksum-mismatch', message, {path: this.#spec.path, expected, found});
  }

  async #explainRefusal(destination: string, path: string, options: CallOptions): Promise<never> {
    if (await hasToken(this.#bucket.client, destination, this.#token, options)) throw partialConsumed(path);
    throw new WaybillError('store.already-exists', `${JSON.stringify(path)} exists already.`, {path});
  }
}

function laidOver(under: Buffer, pieces: readonly Piece[]): Buffer {
  const end = pieces.reduce((most, {offset, bytes}) => Math.max(most, offset + bytes.length), under.length);
  const content = Buffer.alloc(end);
  under.copy(content);
  for (const {offset, bytes} of pieces) content.set(bytes, offset);
  return content;
}

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function partialConsumed(path: string, cause?: unknown): WaybillError {
  const message = `The unfinished file ${JSON.stringify(path)} is gone: another attempt has published it.`;
  return new WaybillError('transfer.partial-consumed', message, {path, ...(cause === undefined ? {} : {cause})});
}
