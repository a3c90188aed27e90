import {createHash} from 'node:crypto';
import {WaybillError} from '../../contracts/errors.js';
import type {ByteRange, Entry, PartialFile, PartialSpec, PublishOptions, CallOptions, WriteOptions} from '../store.js';
import {abortBegun} from './begun-uploads.js';
import type {Bucket} from './bucket.js';
import {deleteObject} from './delete.js';
import {fileEntry, tokenOf} from './entry.js';
import {isFailure, S3Failure, translated} from './errors.js';
import {headOf} from './look.js';
import {hasToken} from './token.js';
import {partLength} from './part-size.js';
import {partialConsumed} from './partial-object.js';
import type {UploadRecord} from './upload-record.js';
import {completeUpload, listParts, otherBytes, type UploadPart, uploadPart} from './upload.js';

type Parts = ReadonlyMap<number, UploadPart>;

/**
 * A partial whose bytes are parts of an upload. What a part is worth is what the server says of it: it checked the
 * digest that was signed with the bytes, and lists the part under the ETag that it gave it then.
 */
export class PartialUpload implements PartialFile {
  readonly foundBytes: number;
  readonly #bucket: Bucket;
  readonly #spec: PartialSpec;
  readonly #recordKey: string;
  readonly #record: UploadRecord;
  /** The parts as this attempt knows them: from the listing when it began, then from the answers to its own. */
  readonly #parts: Map<number, UploadPart>;

  constructor(bucket: Bucket, spec: PartialSpec, recordKey: string, record: UploadRecord, parts: Parts) {
    this.#bucket = bucket;
    this.#spec = spec;
    this.#recordKey = recordKey;
    this.#record = record;
    this.#parts = new Map(parts);
    this.foundBytes = heldBytes(parts);
  }

  async write(offset: number, chunk: Uint8Array, options: WriteOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const {partBytes} = this.#record;
    const number = offset / partBytes + 1;
    if (!this.#isPart(number, chunk.length)) {
      const message = `A part of this upload has ${partBytes} bytes and begins at a multiple of that.`;
      throw new WaybillError('store.unsupported', message, {
        path: this.#spec.path,
        expected: partBytes,
        found: chunk.length,
      });
    }
    await translated(this.#spec.path, async () => {
      const sha256 = options.sha256 ?? createHash('sha256').update(chunk).digest('hex');
      const sent = await uploadPart(this.#bucket.client, this.#record, {number, body: chunk, sha256}, options);
      // A server that keeps no SHA-256 still names the bytes by their MD5.
      if (sent.sha256 === undefined && !isMd5Of(sent.etag, chunk)) throw otherBytes();
      this.#parts.set(number, {...sent, sha256});
    });
  }

  holds(offset: number, chunk: Uint8Array, sha256: string): boolean {
    const number = offset / this.#record.partBytes + 1;
    const part = this.#parts.get(number);
    if (part?.size !== chunk.length) return false;
    // A server that keeps no SHA-256 names the bytes by their MD5.
    const isSame = part.sha256 === undefined ? isMd5Of(part.etag, chunk) : part.sha256 === sha256;
    if (isSame) this.#parts.set(number, {...part, sha256});
    return isSame;
  }

  async *hash(ranges: readonly ByteRange[], options: CallOptions = {}): AsyncGenerator<string | undefined> {
    options.signal?.throwIfAborted();
    const {partBytes} = this.#record;
    for (const {offset, length} of ranges) {
      const number = offset / partBytes + 1;
      const part = this.#isPart(number, length) ? this.#parts.get(number) : undefined;
      yield part?.size === length ? part.sha256 : undefined;
    }
  }

  async sync(options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    // What the server has acknowledged is on its medium.
  }

  async publish(options: PublishOptions): Promise<Entry> {
    options.signal?.throwIfAborted();
    const {destination: path} = options;
    const {client, keys, placement} = this.#bucket;
    const key = keys.key(path);
    this.#refuseOtherThanOpened(key, options);
    return translated(path, async () => {
      const parts = await this.#counted(options);
      await placement.check(path, options);
      const {since} = this.#record;
      // Before the complete: what fails after it would be told of a file that is there. This upload has parts.
      if (since !== undefined) await abortBegun(client, {key, since}, options);
      await this.#complete(parts, options);
      // Versity Gateway agrees to complete what another attempt still completes, and what was aborted where a file is there.
      const headers = await headOf(client, key, options);
      if (headers === undefined || tokenOf(headers) !== this.#record.token) throw partialConsumed(path);
      placement.wrote(path);
      await deleteObject(client, this.#recordKey, options);
      return fileEntry(headers);
    });
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  /** Where the size is a bound, any part may turn out to be the last one, which alone is shorter. */
  #isPart(number: number, length: number): boolean {
    const {size, partBytes} = this.#record;
    const most = partLength(number, size, partBytes);
    return Number.isInteger(number) && (length === most || (this.#spec.atMost === true && length < most));
  }

  /** The parts that the server lists, where they are all there and are those that were proved. */
  async #counted(options: PublishOptions): Promise<readonly UploadPart[]> {
    const listed = await this.#listed(options);
    const found = heldBytes(listed);
    const {partBytes} = this.#record;
    const size = options.size ?? this.#record.size;
    if (found !== size) {
      const message = `The unfinished file holds ${found} bytes instead of ${size}.`;
      throw new WaybillError('transfer.checksum-mismatch', message, {path: this.#spec.path, expected: size, found});
    }
    const parts = [...listed.values()].sort((a, b) => a.number - b.number);
    for (const [index, part] of parts.entries()) {
      const known = this.#parts.get(part.number);
      const isRight = part.number === index + 1 && part.size === partLength(part.number, size, partBytes);
      if (!isRight || known === undefined || !isSame(known, part)) throw otherBytes();
    }
    return parts;
  }

  async #listed(options: CallOptions): Promise<Parts> {
    try {
      return await listParts(this.#bucket.client, this.#record, options);
    } catch (error) {
      if (isFailure(error, 'NoSuchUpload')) throw partialConsumed(this.#spec.path, error);
      throw error;
    }
  }

  async #complete(parts: readonly UploadPart[], {destination: path, ifExists, ...call}: PublishOptions): Promise<void> {
    const {client} = this.#bucket;
    const {key, token} = this.#record;
    try {
      await completeUpload(client, this.#record, parts, {...call, ifAbsent: ifExists === 'keep'});
    } catch (error) {
      const isGone = isFailure(error, 'NoSuchUpload');
      if (!isGone && !isFailure(error, 412) && !wasLost(error)) throw error;
      // The object tells whether a complete went through whose answer was lost, or that of another attempt.
      const isPublished = await hasToken(client, key, token, call);
      if (isPublished && wasLost(error)) return;
      if (isPublished || isGone) throw partialConsumed(path, error);
      if (!isFailure(error, 412)) throw error;
      throw new WaybillError('store.already-exists', `${JSON.stringify(path)} exists already.`, {path, cause: error});
    }
  }

  /** Key, mode and time of an upload are settled when it begins. */
  #refuseOtherThanOpened(key: string, {destination, mode, modifiedAt}: PublishOptions): void {
    const {intended} = this.#spec;
    if (key === this.#record.key && intended?.mode === mode && intended?.modifiedAt === modifiedAt) return;
    const message = 'An upload is published where, and with the mode and time that, it was opened for.';
    throw new WaybillError('store.unsupported', message, {path: destination});
  }
}

function wasLost(error: unknown): boolean {
  return error instanceof S3Failure && (error.mayHaveHappened || error.followsLostAnswer);
}

function heldBytes(parts: Parts): number {
  return [...parts.values()].reduce((sum, part) => sum + part.size, 0);
}

/** One digest that both name is enough; ETags differ for the same bytes where the server encrypts. */
function isSame(known: UploadPart, listed: UploadPart): boolean {
  if (known.sha256 !== undefined && listed.sha256 !== undefined) return known.sha256 === listed.sha256;
  return known.sha256 !== undefined && known.etag === listed.etag;
}

function isMd5Of(etag: string, bytes: Uint8Array): boolean {
  return createHash('md5').update(bytes).digest('hex') === etag;
}
