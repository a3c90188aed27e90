import {setTimeout as delay} from 'node:timers/promises';
import {z} from 'zod';
import type {CallOptions} from '../store.js';
import type {S3Client} from './client.js';
import {tokenHeader, unquoted} from './entry.js';
import {isFailure, S3Failure} from './errors.js';
import {mapInParallel} from '../in-parallel.js';
import {MOST_PARTS} from './part-size.js';
import {hasToken, newToken} from './token.js';
import {abortUpload, completeUpload, createUpload, listParts, type UploadName, type UploadPart} from './upload.js';
import {parseXml} from './xml.js';

interface CopiedObject {
  readonly size: number;
  /** Headers that name the source, and the version of it. */
  readonly source: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Few and large, but each done before a server or something in between loses patience. */
const PART_BYTES = 512 * 1024 ** 2;
const PARTS_AT_ONCE = 4;
const PART_STALL_MS = 600_000;

/** Has the server copy an object that is too large for one request: its ranges as parts of an upload. */
export async function copyInParts(
  client: S3Client,
  to: string,
  {size, source, metadata}: CopiedObject,
  options: CallOptions,
): Promise<void> {
  const token = newToken();
  const uploadId = await createUpload(client, {key: to, headers: {...metadata, ...tokenHeader(token)}}, options);
  const upload = {key: to, uploadId};
  try {
    const parts = await mapInParallel(rangesOf(size, client.mostCopiedBytes), PARTS_AT_ONCE, (range, index) =>
      copyPart(client, upload, {...source, 'x-amz-copy-source-range': range}, index + 1, options),
    );
    await completeUpload(client, upload, parts, {...options, ifAbsent: false});
  } catch (error) {
    // Where the answer to the complete was lost, the object tells.
    if (error instanceof S3Failure && error.code === 'NoSuchUpload' && (await hasToken(client, to, token, options)))
      return;
    // Why the copy failed is what the caller has to know, also where its parts cannot be freed.
    await freeParts(client, upload).catch(() => undefined);
    throw error;
  }
}

const ABORTS = 4;
const ABORT_PAUSE_MS = 250;

/**
 * Without the signal, which may be what ended the copy: parts that nobody names cost money for ever. One that the server
 * is still copying comes after the abort: S3 has it aborted until no part is left.
 */
async function freeParts(client: S3Client, upload: UploadName): Promise<void> {
  for (let abort = 1; ; abort += 1) {
    await abortUpload(client, upload, {});
    const parts = await listParts(client, upload, {}).catch((error: unknown) => {
      if (isFailure(error, 'NoSuchUpload')) return undefined;
      throw error;
    });
    if (parts === undefined || parts.size === 0 || abort === ABORTS) return;
    await delay(ABORT_PAUSE_MS * abort);
  }
}

function rangesOf(size: number, most: number): readonly string[] {
  const length = Math.max(Math.min(PART_BYTES, most), Math.ceil(size / MOST_PARTS));
  return Array.from({length: Math.ceil(size / length)}, (_, index) => {
    const last = Math.min(size, (index + 1) * length) - 1;
    return `bytes=${index * length}-${last}`;
  });
}

const copied = z.object({CopyPartResult: z.object({ETag: z.string()})});

async function copyPart(
  client: S3Client,
  {key, uploadId}: UploadName,
  headers: Readonly<Record<string, string>>,
  number: number,
  {signal}: CallOptions,
): Promise<Omit<UploadPart, 'size'>> {
  const answer = await client.call({
    ...{method: 'PUT', key, query: {partNumber: String(number), uploadId}, headers},
    ...{mayFailLate: true, stallMs: PART_STALL_MS},
    ...(signal === undefined ? {} : {signal}),
  });
  return {number, etag: unquoted(parseXml(copied, answer.body).CopyPartResult.ETag)};
}
