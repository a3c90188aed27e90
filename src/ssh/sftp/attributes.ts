import type {FieldReader, FieldWriter} from './fields.js';

const HAS = {size: 0x1, owner: 0x2, permissions: 0x4, times: 0x8, extended: 0x8000_0000} as const;

const KIND = 0o170_000;
const REGULAR = 0o100_000;
const DIRECTORY = 0o040_000;
const LINK = 0o120_000;

/** What a server tells of a name or a handle; a field that it leaves out is 0. */
export interface FileAttributes {
  /** Bytes. */
  readonly size: number;
  /** Kind and permissions, as in stat(2). */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly atime: number;
  readonly mtime: number;
  /** Absent where the server does not tell. */
  readonly owner?: {readonly uid: number; readonly gid: number};
}

/** Fields to set; version 3 sets both times or none. */
export type AttributeChange = Partial<Pick<FileAttributes, 'size' | 'mode' | 'owner'>> & {
  readonly atime?: number;
  readonly mtime?: number;
};

export function isFile({mode}: FileAttributes): boolean {
  return (mode & KIND) === REGULAR;
}

export function isDirectory({mode}: FileAttributes): boolean {
  return (mode & KIND) === DIRECTORY;
}

export function isLink({mode}: FileAttributes): boolean {
  return (mode & KIND) === LINK;
}

export function readAttributes(fields: FieldReader): FileAttributes {
  const flags = fields.uint32();
  const size = (flags & HAS.size) === 0 ? 0 : fields.uint64();
  const owner = (flags & HAS.owner) === 0 ? undefined : {uid: fields.uint32(), gid: fields.uint32()};
  const mode = (flags & HAS.permissions) === 0 ? 0 : fields.uint32();
  const timed = (flags & HAS.times) !== 0;
  const atime = timed ? fields.uint32() : 0;
  const mtime = timed ? fields.uint32() : 0;
  // `&` answers with a signed number: the highest bit makes it negative.
  if ((flags & HAS.extended) !== 0) {
    for (let count = fields.uint32(); count > 0; count -= 1) {
      fields.string();
      fields.string();
    }
  }
  return {size, mode, atime, mtime, ...(owner === undefined ? {} : {owner})};
}

export function writeAttributes(fields: FieldWriter, change: AttributeChange): FieldWriter {
  const {size, mode, atime, mtime, owner} = change;
  const times = atime !== undefined && mtime !== undefined ? {atime, mtime} : undefined;
  fields.uint32(
    (size === undefined ? 0 : HAS.size) |
      (owner === undefined ? 0 : HAS.owner) |
      (mode === undefined ? 0 : HAS.permissions) |
      (times === undefined ? 0 : HAS.times),
  );
  if (size !== undefined) fields.uint64(size);
  if (owner !== undefined) fields.uint32(owner.uid).uint32(owner.gid);
  if (mode !== undefined) fields.uint32(mode);
  if (times !== undefined) fields.uint32(times.atime).uint32(times.mtime);
  return fields;
}
