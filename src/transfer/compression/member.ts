import {promisify} from 'node:util';
import {constants, gunzip, gzip} from 'node:zlib';
import {WaybillError} from '../../contracts/errors.js';

/**
 * Bytes of the original in one gzip member: what is decompressed for one byte of it, and compressed again after a crash.
 * Measured on three kinds of text: members of 1 MiB are up to 0.4 % larger than one of all, these up to 0.1 %.
 */
export const MEMBER_BYTES = 4 * 1024 * 1024;

/** Members of one file, so that its ledger and its index stay below a few megabytes. */
const MOST_MEMBERS = 32_768;

/** 128 GiB: larger files are stored as they are. */
export const MOST_COMPRESSED_BYTES = MOST_MEMBERS * MEMBER_BYTES;

/** See docs/decisions/gzip-in-members.md. */
const LEVEL = 4;

/** The byte of the header that names the system, which zlib fills in: 255 says nothing, the same everywhere. */
const SYSTEM_AT = 9;
const UNKNOWN_SYSTEM = 255;

const deflate = promisify<Uint8Array, object, Buffer>(gzip);
const inflate = promisify<Uint8Array, object, Buffer>(gunzip);

/** One whole gzip file, on a thread of libuv's pool: the same bytes whenever the same zlib makes it. */
export async function compressMember(bytes: Uint8Array): Promise<Buffer> {
  const member = await deflate(bytes, {level: LEVEL, chunkSize: chunkBytes(bytes.length)});
  member[SYSTEM_AT] = UNKNOWN_SYSTEM;
  return member;
}

/** The `length` bytes that a member was made of. Rejects with `transfer.checksum-mismatch` where it is damaged, or holds another number. */
export async function decompressMember(member: Uint8Array, length: number): Promise<Buffer> {
  const bytes = await inflate(member, {maxOutputLength: length, chunkSize: chunkBytes(length)}).catch(
    (cause: unknown) => {
      throw damaged(cause);
    },
  );
  if (bytes.length !== length) throw damaged();
  return bytes;
}

/** The last one may be shorter. */
export function memberLength(member: number, size: number): number {
  return Math.min(MEMBER_BYTES, size - member * MEMBER_BYTES);
}

export function memberCount(size: number): number {
  return Math.ceil(size / MEMBER_BYTES);
}

/** What zlib gives back at once: each piece is a turn of the event loop. */
function chunkBytes(length: number): number {
  return Math.max(constants.Z_MIN_CHUNK, Math.min(length, 1024 * 1024));
}

function damaged(cause?: unknown): WaybillError {
  return new WaybillError(
    'transfer.checksum-mismatch',
    'A compressed file is damaged: a part of it does not decompress to what it was.',
    {
      ...(cause === undefined ? {} : {cause}),
    },
  );
}
