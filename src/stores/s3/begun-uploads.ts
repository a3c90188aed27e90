import {z} from 'zod';
import type {CallOptions} from '../store.js';
import type {S3Client} from './client.js';
import {isFailure} from './errors.js';
import {decodeKey} from './look.js';
import {abortUpload, partsIfThere} from './upload.js';
import {parseXml} from './xml.js';

export interface BegunUploads {
  readonly key: string;
  /** Milliseconds since 1970 by the server's clock. */
  readonly since: number;
}

/** Servers tell times in whole seconds. */
const RESOLUTION_MS = 1_000;

const uploadsAnswer = z.object({
  ListMultipartUploadsResult: z.object({
    EncodingType: z.string().optional(),
    IsTruncated: z.string().optional(),
    NextUploadIdMarker: z.string().optional(),
    Upload: z.array(z.object({Key: z.string(), UploadId: z.string(), Initiated: z.string().default('')})).default([]),
  }),
});

/**
 * Frees the uploads of `key` that were begun at `since` or later and have no part: of an attempt that ended between the
 * creation of its upload and the note of its id. Where the keys may not list uploads, nothing is done. Two writers of one
 * key, of which one has sent no part yet, are kept apart by the claims on destinations.
 */
export async function abortBegun(client: S3Client, {key, since}: BegunUploads, options: CallOptions): Promise<void> {
  if (client.presigned) return;
  for (const {uploadId, begunAt} of await uploadsOf(client, key, options)) {
    if (begunAt < since - RESOLUTION_MS) continue;
    const upload = {key, uploadId};
    if ((await partsIfThere(client, upload, options))?.size === 0) await abortUpload(client, upload, options);
  }
}

interface Begun {
  readonly uploadId: string;
  readonly begunAt: number;
}

type Marker = Readonly<Record<'key-marker' | 'upload-id-marker', string>>;

async function uploadsOf(client: S3Client, key: string, options: CallOptions): Promise<readonly Begun[]> {
  const found: Begun[] = [];
  let after: Marker | undefined;
  do {
    const {uploads, next} = await uploadsPage(client, {key, after}, options);
    found.push(...uploads);
    after = next;
  } while (after !== undefined);
  return found;
}

async function uploadsPage(
  client: S3Client,
  {key, after}: {readonly key: string; readonly after: Marker | undefined},
  {signal}: CallOptions,
): Promise<{readonly uploads: readonly Begun[]; readonly next: Marker | undefined}> {
  try {
    const {body} = await client.call({
      ...{method: 'GET', query: {uploads: '', prefix: key, 'encoding-type': 'url', ...after}},
      ...(signal === undefined ? {} : {signal}),
    });
    const {ListMultipartUploadsResult: read} = parseXml(uploadsAnswer, body);
    const named = read.EncodingType === 'url' ? decodeKey : (text: string) => text;
    const ours = read.Upload.filter((upload) => named(upload.Key) === key);
    // Longer keys that begin like this one come after it.
    const goesOn = read.IsTruncated === 'true' && ours.length > 0 && ours.length === read.Upload.length;
    return {
      uploads: ours.map(({UploadId, Initiated}) => ({uploadId: UploadId, begunAt: Date.parse(Initiated) || 0})),
      next: goesOn ? {'key-marker': key, 'upload-id-marker': read.NextUploadIdMarker ?? ''} : undefined,
    };
  } catch (error) {
    if (isFailure(error, 'AccessDenied', 'NotImplemented')) return {uploads: [], next: undefined};
    throw error;
  }
}
