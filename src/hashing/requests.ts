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
  | {readonly operation: 'drop'; readonly stream: number};

const hashingAnswer = z.discriminatedUnion('outcome', [
  z.object({outcome: z.literal('hashed'), sha256: z.string()}),
  z.object({outcome: z.literal('taken')}),
  /** The file ends before the range does. */
  z.object({outcome: z.literal('short')}),
  z.object({outcome: z.literal('stopped')}),
]);
export type HashingAnswer = z.infer<typeof hashingAnswer>;

export const hashingMessage = z.object({
  id: z.number(),
  answer: hashingAnswer.optional(),
  failure: z.object({message: z.string(), code: z.string().optional(), syscall: z.string().optional()}).optional(),
});
