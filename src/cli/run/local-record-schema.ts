import {z} from 'zod';

const sentFile = z.object({path: z.string(), name: z.string()});

/**
 * What this machine must remember of a run that was started here, so that `waybill wait` can take it up in another
 * process: which files are sent, and where the outputs go. Private; removed with the download, or when it is two months old.
 */
export const localRecord = z.object({
  version: z.literal(1),
  id: z.string(),
  /** Absolute. */
  into: z.string(),
  remoteOnly: z.boolean(),
  inputs: z.array(z.union([sentFile.extend({directory: z.literal(true)}), sentFile])),
  /** Of a batch: what has an execution each, and the inputs above go with every one. */
  files: z.array(sentFile.extend({input: z.string(), size: z.number()})).optional(),
});
export type LocalRecord = z.infer<typeof localRecord>;
