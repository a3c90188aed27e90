import {z} from 'zod';

/** How a file lies in the default store where it was compressed on its way there. */
export const storedForm = z.object({
  /** Below the root of the inputs, or of the outputs. */
  name: z.string(),
  /** Bytes there. */
  size: z.number().int().nonnegative(),
  compression: z.literal('gzip'),
});
export type StoredForm = z.infer<typeof storedForm>;

const moved = {
  name: z.string(),
  kind: z.enum(['file', 'link', 'directory']),
  size: z.number(),
  /** Of the source's bytes as they were read; absent for links and directories. */
  sha256: z.string().optional(),
  /** Bytes that this attempt put on the line, those sent again included. */
  sentBytes: z.number(),
  /** Bytes of earlier attempts that were proved and not sent again. */
  resumedBytes: z.number(),
  /**
   * Bytes of `sentBytes` that are known to have been sent before: those below the size that the partial had when this
   * attempt opened it, those of blocks that its ledger has, and what this attempt itself sent twice. What a killed
   * attempt had on the line and the destination never wrote, a write window for each file (12 MiB) at most, nobody
   * can count, and it is not in here.
   */
  resentBytes: z.number(),
  verified: z.enum(['sha256', 'size-only', 'not-checked']),
  durationMs: z.number(),
  /** As the opened source showed them, where the plan left them out. */
  attributes: z.object({mode: z.number(), modifiedAt: z.number()}).optional(),
  /** Set where it was compressed: `size`, and every other number of bytes here, is of the original. */
  stored: storedForm.optional(),
  /** Something that people should know. */
  note: z.string().optional(),
};

/** What became of one planned file: exactly one outcome each. */
export const fileOutcome = z.discriminatedUnion('outcome', [
  z.object({outcome: z.literal('copied'), ...moved}),
  /** At least one byte of an earlier attempt was kept. */
  z.object({outcome: z.literal('resumed'), ...moved}),
  /** The destination held these bytes already. */
  z.object({outcome: z.literal('skipped'), ...moved}),
  /** Complete by its size, and nothing could hash it where it lies. */
  z.object({outcome: z.literal('unverified'), ...moved}),
  z.object({
    outcome: z.literal('failed'),
    name: z.string(),
    kind: z.enum(['file', 'link', 'directory']),
    size: z.number(),
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    sentBytes: z.number(),
    durationMs: z.number(),
  }),
]);
export type FileOutcome = z.infer<typeof fileOutcome>;
export type MovedOutcome = Exclude<FileOutcome, {readonly outcome: 'failed'}>;
export type FailedOutcome = Extract<FileOutcome, {readonly outcome: 'failed'}>;
