import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, SourceFile} from '../../stores/store.js';
import {MEMBER_BYTES, memberCount, MOST_COMPRESSED_BYTES} from './member.js';

/**
 * The last members of a compressed file are empty and carry, in the extra field that gzip leaves to its users, where the
 * others are. Whoever decompresses the file as a whole finds nothing in them:
 *
 *     1f 8b 08 04 …  length  "Wb" length  ‹4 bytes for each member: its length›            03 00 …   as many as it takes
 *     1f 8b 08 04 …  length  "Wb" length  "waybill1" members size index-offset member-size  03 00 …   the last 62 bytes
 */
const SUBFIELD = 'Wb';
const MAGIC = 'waybill1';

const HEADER_BYTES = 16;
/** An empty deflate block, and the checksum and length of nothing. */
const TRAILER = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const FOOT_BYTES = 36;
export const FOOTER_BYTES = HEADER_BYTES + FOOT_BYTES + TRAILER.length;

/** An extra field holds 65,535 bytes at most. */
const LENGTHS_PER_MEMBER = 16_000;

export interface MemberIndex {
  /** Bytes of the original. */
  readonly size: number;
  /** Where each member begins, and where the last one ends. */
  readonly offsets: readonly number[];
}

/** What follows the members of a file of `size` bytes: the same for the same lengths. */
export function encodeIndex(lengths: readonly number[], size: number): Buffer {
  const members: Buffer[] = [];
  for (let at = 0; at < lengths.length; at += LENGTHS_PER_MEMBER) {
    const some = lengths.slice(at, at + LENGTHS_PER_MEMBER);
    const field = Buffer.alloc(4 * some.length);
    for (const [index, length] of some.entries()) field.writeUInt32LE(length, 4 * index);
    members.push(emptyMember(field));
  }
  const foot = Buffer.alloc(FOOT_BYTES);
  foot.write(MAGIC, 'latin1');
  foot.writeBigUInt64LE(BigInt(lengths.length), 8);
  foot.writeBigUInt64LE(BigInt(size), 16);
  foot.writeBigUInt64LE(BigInt(sum(lengths)), 24);
  foot.writeUInt32LE(MEMBER_BYTES, 32);
  return Buffer.concat([...members, emptyMember(foot)]);
}

/** A little over the original: what does not shrink takes 5 bytes more for each 16 KiB. */
const MOST_MEMBER_BYTES = MEMBER_BYTES + 64 * 1024;

/** Rejects with `transfer.checksum-mismatch` where the file is none of ours, or damaged. */
export async function readIndex(source: SourceFile, options: CallOptions): Promise<MemberIndex> {
  const end = source.entry.size;
  if (end < FOOTER_BYTES) throw noIndex();
  const foot = fieldsOf(await source.read(end - FOOTER_BYTES, FOOTER_BYTES, options))[0];
  if (foot?.length !== FOOT_BYTES || foot.toString('latin1', 0, 8) !== MAGIC) throw noIndex();
  const members = Number(foot.readBigUInt64LE(8));
  const size = Number(foot.readBigUInt64LE(16));
  const start = Number(foot.readBigUInt64LE(24));
  // Sizes that a damaged file names are not believed: memory is taken by them.
  const isPossible = foot.readUInt32LE(32) === MEMBER_BYTES && size <= MOST_COMPRESSED_BYTES;
  if (!isPossible || members !== memberCount(size)) throw noIndex();
  const length = encodedBytes(members) - FOOTER_BYTES;
  if (start + length + FOOTER_BYTES !== end) throw noIndex();
  const offsets = [0];
  let offset = 0;
  for (const field of fieldsOf(await source.read(start, length, options))) {
    for (let at = 0; at < field.length; at += 4) offsets.push((offset += field.readUInt32LE(at)));
  }
  if (offset !== start || offsets.length !== members + 1) throw noIndex();
  const longest = offsets.reduce((most, end, at) => Math.max(most, end - (offsets[at - 1] ?? 0)), 0);
  if (longest > MOST_MEMBER_BYTES) throw noIndex();
  return {size, offsets};
}

/** Bytes of the index of so many members. */
function encodedBytes(members: number): number {
  const carriers = Math.ceil(members / LENGTHS_PER_MEMBER);
  return carriers * (HEADER_BYTES + TRAILER.length) + 4 * members + FOOTER_BYTES;
}

function emptyMember(field: Uint8Array): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16LE(field.length + 4, 10);
  header.write(SUBFIELD, 12, 'latin1');
  header.writeUInt16LE(field.length, 14);
  return Buffer.concat([header, field, TRAILER]);
}

/** The fields of empty members that follow one another. */
function fieldsOf(bytes: Uint8Array): readonly Buffer[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Buffer[] = [];
  for (let at = 0; at < buffer.length; ) {
    if (buffer.length < at + HEADER_BYTES || buffer.toString('latin1', at + 12, at + 14) !== SUBFIELD) throw noIndex();
    const end = at + HEADER_BYTES + buffer.readUInt16LE(at + 14);
    if (buffer.length < end + TRAILER.length) throw noIndex();
    fields.push(buffer.subarray(at + HEADER_BYTES, end));
    at = end + TRAILER.length;
  }
  return fields;
}

function noIndex(): WaybillError {
  return new WaybillError(
    'transfer.checksum-mismatch',
    'A compressed file lacks its index, or was damaged: it was written by another program.',
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
