import {z} from 'zod';
import {executionInput, relativeName} from './execution.js';
import {executionId} from './ids.js';
import {originFields} from './origin.js';

/** More would wait for days: six digits number them, and a client holds their names in memory. */
export const MAX_BATCH_ITEMS = 100_000;

/** Executions of one batch under way at once: each is a child whose events its history holds. */
export const MAX_BATCH_PARALLEL = 500;

/** A batch's id, which is also its workflow id: those of its executions are made from it, and are ids too. */
export const batchId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,56}$/, 'must be 1 to 57 of a-z, 0-9 and -, and start with a letter or digit');

/** `nightly-000041` for the item with the index 41 of the batch `nightly`. */
export function itemId(batch: string, index: number): string {
  return `${batch}-${String(index).padStart(6, '0')}`;
}

/** What stands for the name of the item's file in the arguments. */
export const PLACEHOLDER = '{}';

/** The command of one item: `{}` is the name, also within an argument. No name that begins with a dash is taken for an option. */
export function commandOf(command: readonly string[], name: string): string[] {
  return command.map((argument) => {
    const named = argument.split(PLACEHOLDER).join(name);
    return argument.startsWith(PLACEHOLDER) && name.startsWith('-') ? `./${named}` : named;
  });
}

/** One file of a batch, and why it could not be sent where it could not. Its execution has the id `itemId(batch, index)`. */
export const batchItem = z.object({
  index: z.number().int().min(0).max(MAX_BATCH_ITEMS),
  /** The file as its owner knows it, once in a batch: what tables show, and the directory that outputs go to. */
  input: relativeName,
  /** Its name in the workspace. */
  name: relativeName,
  failed: z.object({code: z.string().max(100), message: z.string().max(2000)}).optional(),
});
export type BatchItem = z.infer<typeof batchItem>;

/** What every execution of a batch has in common: `{}` in the command is the name of its file. */
export const batchExecution = executionInput.omit({
  ...{version: true, label: true, correlationId: true, requestedBy: true},
  ...{uploads: true, uploadDeadlineMs: true, uploaded: true, batch: true, resume: true},
});

/** The input of the workflow `batch`: version 1. Fields are only ever added, and are optional then. */
export const batchInput = z.object({
  version: z.literal(1).default(1),
  /** For people; shown in lists and in the Temporal UI. */
  label: z.string().max(100).optional(),
  ...originFields,
  execution: batchExecution,
  /** How many there are. */
  items: z.number().int().min(1).max(MAX_BATCH_ITEMS),
  /** Pages of items that the caller writes, each when the inputs of its items are in the store. */
  pages: z.number().int().min(1).max(MAX_BATCH_ITEMS),
  /** How long the caller may take from one page to the next, in milliseconds. Default a day. */
  uploadDeadlineMs: z.number().int().positive().default(86_400_000),
  /** Executions under way at once. How many commands a target runs at once is its own setting. */
  parallel: z.number().int().min(1).max(MAX_BATCH_PARALLEL).default(10),
  /** Executions after which the workflow continues as a new run, so that no history grows without bound. */
  executionsPerRun: z.number().int().min(1).max(1000).default(500),
  /** Search attributes that this Temporal has, of those that executions carry. */
  searchAttributes: z.array(z.string()).max(10).default([]),
  /** Runs those again that did not succeed before; everything else is as it was. */
  retry: z.boolean().default(false),
});
export type BatchRequest = z.input<typeof batchInput>;
export type BatchInput = z.output<typeof batchInput>;

/** How one item ended, in the round that tried it: 1, and one more with each retry. */
export const batchOutcome = z.object({
  index: z.number().int(),
  /** Of its execution. */
  id: executionId,
  input: z.string(),
  round: z.number().int(),
  outcome: z.enum(['succeeded', 'failed', 'cancelled', 'lost']),
  code: z.string().optional(),
  message: z.string().optional(),
  exitStatus: z.number().int().optional(),
  /** Outputs in the store. */
  files: z.number().int(),
  bytes: z.number().int(),
  /** Directories among them that are empty. */
  directories: z.number().int().optional(),
});
export type BatchOutcome = z.infer<typeof batchOutcome>;

export const batchCounts = z.object({
  items: z.number().int(),
  succeeded: z.number().int(),
  /** Those that were lost, or could not be sent, included. */
  failed: z.number().int(),
  cancelled: z.number().int(),
});
export type BatchCounts = z.infer<typeof batchCounts>;

/** Outcomes that travel in a result; all of them are in the journal. */
export const BATCH_FAILURES_SHOWN = 20;

/** How a batch ended. As with an execution, the workflow completes with it for success alone and fails with it otherwise. */
export const batchResult = z.object({
  version: z.literal(1),
  batchId,
  /** `succeeded` only where every item did, in this round or an earlier one. */
  outcome: z.enum(['succeeded', 'failed', 'cancelled']),
  failure: z.object({code: z.string(), message: z.string(), remedy: z.string().optional()}).optional(),
  counts: batchCounts,
  /** The first that failed in this round. */
  failures: z.array(batchOutcome),
  round: z.number().int(),
  startedAt: z.string(),
  endedAt: z.string(),
});
export type BatchResult = z.infer<typeof batchResult>;

/** What the query `state` of a batch answers. */
export interface BatchState {
  readonly step: 'open' | 'run' | 'ended';
  readonly counts: BatchCounts;
  /** Executions under way. */
  readonly running: number;
  /** Pages whose inputs have arrived, of how many. */
  readonly pagesSent: number;
  readonly pages: number;
  readonly round: number;
  /** Pages of outcomes of this round that are in the journal. */
  readonly outcomePages: number;
  /** Outcomes that are in no page of the journal yet. */
  readonly recent: readonly BatchOutcome[];
  readonly result?: BatchResult;
}

/** What a list of workflows shows of a batch without asking it. */
export const batchMemo = z.object({label: z.string(), target: z.string(), counts: batchCounts});
export type BatchMemo = z.infer<typeof batchMemo>;

/** What is known of a batch from the store, also after Temporal has forgotten it. */
export const batchRecord = z.object({
  id: batchId,
  input: batchInput,
  createdAt: z.string(),
  /** The last one. */
  round: z.number().int(),
  /** Of the last round; absent while it runs, and where it was terminated. */
  result: batchResult.optional(),
});
export type BatchRecord = z.infer<typeof batchRecord>;
