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
      /** Absolute; each is opened only where it is a regular file, and no link is followed. */
      readonly paths: readonly string[];
      /** The most bytes that are taken of each. Their contents lie in `memory` one behind the other, at these distances. */
      readonly sizes: readonly number[];
      readonly memory: SharedArrayBuffer;
    };

const fileRead = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('read'),
    /** Of the open file, before it was read. */
    stats: z.object({size: z.bigint(), mode: z.bigint(), mtimeNs: z.bigint(), ctimeNs: z.bigint(), ino: z.bigint()}),
    bytes: z.number(),
    sha256: z.string(),
    /** Whether the file is not any more what it was before it was read. */
    changed: z.boolean(),
  }),
  z.object({outcome: z.literal('special')}),
  z.object({outcome: z.literal('failed'), message: z.string(), code: z.string(), syscall: z.string()}),
]);
export type FileRead = z.infer<typeof fileRead>;

const hashingAnswer = z.discriminatedUnion('outcome', [
  z.object({outcome: z.literal('hashed'), sha256: z.string()}),
  z.object({outcome: z.literal('taken')}),
  /** The file ends before the range does. */
  z.object({outcome: z.literal('short')}),
  z.object({outcome: z.literal('stopped')}),
  z.object({outcome: z.literal('files'), files: z.array(fileRead)}),
]);
export type HashingAnswer = z.infer<typeof hashingAnswer>;

export const hashingMessage = z.object({
  id: z.number(),
  answer: hashingAnswer.optional(),
  failure: z.object({message: z.string(), code: z.string().optional(), syscall: z.string().optional()}).optional(),
});
