import {z} from 'zod';
import type {CallOptions, MovingOptions} from '../store.js';
import type {S3Call, S3Client} from './client.js';
import {isFailure, S3Failure} from './errors.js';
import {etagOf, unquoted} from './entry.js';
import {escapeXml, parseXml} from './xml.js';

export interface UploadPart {
  /** From 1. */
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  /** Lower-case hexadecimal, where the server keeps it. */
  readonly sha256?: string;
}

export interface UploadName {
  readonly key: string;
  readonly uploadId: string;
}

/** Completing puts the parts together, which takes some servers minutes. */
const COMPLETE_STALL_MS = 600_000;

const created = z.object({InitiateMultipartUploadResult: z.object({UploadId: z.string().min(1)})});

/** For uploads whose parts come with their SHA-256. */
export const checkedParts: Readonly<Record<string, string>> = {
  'x-amz-checksum-algorithm': 'SHA256',
  'x-amz-checksum-type': 'COMPOSITE',
};

/** Where an abort comes too late, the upload is there, and the caller is told its id. */
export async function createUpload(
  client: S3Client,
  {key, headers}: {readonly key: string; readonly headers: Readonly<Record<string, string>>},
  {signal, onLostAnswer}: CallOptions & Pick<S3Call, 'onLostAnswer'>,
): Promise<string> {
  const answer = await client.call({
    ...{method: 'POST', key, query: {uploads: ''}, headers, keepsLateAnswer: true},
    ...(onLostAnswer === undefined ? {} : {onLostAnswer}),
    ...(signal === undefined ? {} : {signal}),
  });
  return parseXml(created, answer.body).InitiateMultipartUploadResult.UploadId;
}

/** Sends one part; the server refuses other bytes than those of `sha256`. */
export async function uploadPart(
  client: S3Client,
  {key, uploadId}: UploadName,
  part: {readonly number: number; readonly body: Uint8Array; readonly sha256: string},
  {signal, onBytes}: MovingOptions,
): Promise<UploadPart> {
  const {number, body, sha256} = part;
  const {headers} = await client.call({
    ...{method: 'PUT', key, query: {partNumber: String(number), uploadId}, body, sha256},
    ...(onBytes === undefined ? {} : {onBytes}),
    ...(signal === undefined ? {} : {signal}),
  });
  const confirmed = hexOf(headers['x-amz-checksum-sha256']);
  if (confirmed !== undefined && confirmed !== sha256) throw otherBytes();
  return {number, size: body.length, etag: etagOf(headers), ...(confirmed === undefined ? {} : {sha256: confirmed})};
}

const partsAnswer = z.object({
  ListPartsResult: z.object({
    IsTruncated: z.string().optional(),
    NextPartNumberMarker: z.string().optional(),
    Part: z
      .array(
        z.object({PartNumber: z.string(), ETag: z.string(), Size: z.string(), ChecksumSHA256: z.string().optional()}),
      )
      .default([]),
  }),
});

/** Every part that the server holds; rejects with `NoSuchUpload` where the upload was completed or aborted. */
export async function listParts(
  client: S3Client,
  {key, uploadId}: UploadName,
  {signal}: CallOptions,
): Promise<ReadonlyMap<number, UploadPart>> {
  const parts = new Map<number, UploadPart>();
  let after: string | undefined;
  do {
    const answer = await client.call({
      ...{method: 'GET', key, query: {uploadId, ...(after === undefined ? {} : {'part-number-marker': after})}},
      ...(signal === undefined ? {} : {signal}),
    });
    const {ListPartsResult: read} = parseXml(partsAnswer, answer.body);
    for (const {PartNumber, ETag, Size, ChecksumSHA256} of read.Part) {
      const sha256 = hexOf(ChecksumSHA256);
      const part = {number: Number(PartNumber), size: Number(Size), etag: unquoted(ETag)};
      parts.set(part.number, {...part, ...(sha256 === undefined ? {} : {sha256})});
    }
    after = read.IsTruncated === 'true' ? read.NextPartNumberMarker : undefined;
  } while (after !== undefined);
  return parts;
}

/** The same, or undefined where the upload was completed or aborted. */
export async function partsIfThere(
  client: S3Client,
  upload: UploadName,
  options: CallOptions,
): Promise<ReadonlyMap<number, UploadPart> | undefined> {
  try {
    return await listParts(client, upload, options);
  } catch (error) {
    if (isFailure(error, 'NoSuchUpload')) return undefined;
    throw error;
  }
}

/** Puts the parts together under the upload's key, in one step; with `ifAbsent` only where nothing is there. */
export async function completeUpload(
  client: S3Client,
  {key, uploadId}: UploadName,
  parts: readonly Omit<UploadPart, 'size'>[],
  {signal, ifAbsent}: CallOptions & {readonly ifAbsent: boolean},
): Promise<void> {
  const listed = parts.map(({number, etag, sha256}) => {
    const checksum = sha256 === undefined ? '' : `<ChecksumSHA256>${base64Of(sha256)}</ChecksumSHA256>`;
    return `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(`"${etag}"`)}</ETag>${checksum}</Part>`;
  });
  await client.call({
    ...{method: 'POST', key, query: {uploadId}, stallMs: COMPLETE_STALL_MS, mayFailLate: true},
    headers: {'content-type': 'application/xml', ...(ifAbsent ? {'if-none-match': '*'} : {})},
    body: Buffer.from(`<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`),
    ...(signal === undefined ? {} : {signal}),
  });
}

/** Frees the parts; an upload that is gone is no error. */
export async function abortUpload(client: S3Client, {key, uploadId}: UploadName, {signal}: CallOptions): Promise<void> {
  try {
    await client.call({method: 'DELETE', key, query: {uploadId}, ...(signal === undefined ? {} : {signal})});
  } catch (error) {
    if (!isFailure(error, 'NoSuchUpload', 404)) throw error;
  }
}

export function otherBytes(): S3Failure {
  return new S3Failure({status: 200, code: 'BadDigest', message: 'The server holds other bytes than were sent.'});
}

function hexOf(base64: string | string[] | undefined): string | undefined {
  if (typeof base64 !== 'string') return undefined;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === 32 ? bytes.toString('hex') : undefined;
}

function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
