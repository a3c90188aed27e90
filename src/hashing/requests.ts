import {z} from 'zod';

/** What a hashing thread can be asked. */
export type HashingRequest =
  | {
      readonly operation: 'range';
      /** A descriptor of this process: threads share them. It has to stay open until the answer is there. */
      readonly fd: number;
      readonly offset: number;
      readonly length: number;
      /** Shared memory: anything but 0 in its first place ends the request with `stopped`. */
      readonly stop: Int32Array;
    }
  | {
      readonly operation: 'update';
      readonly stream: number;
      /** Not to be changed until the answer is there. */
      readonly memory: SharedArrayBuffer;
      readonly offset: number;
      readonly length: number;
      /** Ends the stream: the answer is its digest. */
      readonly last: boolean;
    }
  | {readonly operation: 'drop'; readonly stream: number}
  | {
      readonly operation: 'files';
      /** Each is opened only where it is a regular file, and no link is followed. */
      readonly files: readonly FileToRead[];
      /** The contents lie one behind the other, at distances of their sizes. */
      readonly memory: SharedArrayBuffer;
    }
  | {
      readonly operation: 'look';
      /** Its absolute path, with a slash at the end. */
      readonly directory: Uint8Array;
      /** Of entries in it, each followed by NUL. No link is followed. */
      readonly names: Uint8Array;
    }
  | {
      readonly operation: 'write';
      readonly files: readonly FileToWrite[];
      /** As above. */
      readonly memory: SharedArrayBuffer;
      /** Whether each is put on the medium by itself. */
      readonly sync: boolean;
    }
  | {readonly operation: 'rename'; readonly files: readonly FileToRename[]};

export interface FileToRead {
  /** Absolute, its directory resolved. */
  readonly path: string;
  /** Bytes; no more are read. */
  readonly size: number;
}

export interface FileToWrite {
  /** Absolute, its directory resolved. Made with mode 0600 where it is not there; what it holds beyond `size` stays. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** What the file has to hold afterwards. */
  readonly sha256: string;
  readonly mode?: number | undefined;
  /** Numbers of user and group. */
  readonly owner?: {readonly uid: number; readonly gid: number} | undefined;
  /** Modification time in seconds since 1970. */
  readonly seconds?: number | undefined;
}

export interface FileToRename {
  readonly from: string;
  readonly to: string;
  /** Which file has to have the name. */
  readonly ino: bigint;
  /** What becomes of a file that has the other name already. */
  readonly ifExists: 'replace' | 'keep';
}

const stats = {size: z.bigint(), mode: z.bigint(), mtimeNs: z.bigint(), ctimeNs: z.bigint(), ino: z.bigint()};

const failed = z.object({
  ...{outcome: z.literal('failed'), message: z.string(), code: z.string(), syscall: z.string()},
});

/** What the system said to a thread: an Error that is sent would lose its errno. */
export type ThreadFailure = z.infer<typeof failed>;

const look = z.discriminatedUnion('outcome', [
  z.object({outcome: z.literal('found'), stats: z.object({...stats, uid: z.bigint(), gid: z.bigint()})}),
  failed,
]);
export type Look = z.infer<typeof look>;

const fileRead = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('read'),
    /** Of the open file, before it was read. */
    stats: z.object(stats),
    bytes: z.number(),
    sha256: z.string(),
    /** Whether the file is not any more what it was before it was read. */
    changed: z.boolean(),
  }),
  z.object({outcome: z.literal('special')}),
  failed,
]);
export type FileRead = z.infer<typeof fileRead>;

const fileWritten = z.discriminatedUnion('outcome', [
  z.object({outcome: z.literal('written'), ino: z.bigint()}),
  /** The file holds other bytes than it was given, or more. */
  z.object({outcome: z.literal('differs'), sha256: z.string()}),
  z.object({outcome: z.literal('special')}),
  failed,
]);
export type FileWritten = z.infer<typeof fileWritten>;

const hashingAnswer = z.discriminatedUnion('outcome', [
  z.object({outcome: z.literal('hashed'), sha256: z.string()}),
  z.object({outcome: z.literal('taken')}),
  /** The file ends before the range does. */
  z.object({outcome: z.literal('short')}),
  z.object({outcome: z.literal('stopped')}),
  z.object({outcome: z.literal('looked'), looks: z.array(look)}),
  z.object({outcome: z.literal('files'), files: z.array(fileRead)}),
  z.object({outcome: z.literal('written'), files: z.array(fileWritten)}),
  /** False where it has to be looked at more closely. */
  z.object({outcome: z.literal('renamed'), files: z.array(z.boolean())}),
]);
export type HashingAnswer = z.infer<typeof hashingAnswer>;

export const hashingMessage = z.object({
  id: z.number(),
  answer: hashingAnswer.optional(),
  failure: z.object({message: z.string(), code: z.string().optional(), syscall: z.string().optional()}).optional(),
});
