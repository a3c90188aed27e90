import {z} from 'zod';
import {artifact, artifactKind, executionRecord, ticket} from './artifacts.js';
import {batchId, batchOutcome, batchRecord} from './batch.js';
import {executionInput, executionResult, keepFor} from './execution.js';
import {fileOutcome} from './file-outcome.js';
import {executionId} from './ids.js';
import {transferNote} from './transfer.js';

const page = {
  /** At most this many rows. */
  limit: z.number().int().min(1).max(1000).default(100),
  /** From an earlier answer's `next`. */
  after: z.string().optional(),
};

/** Which files to find among all; each field narrows. */
export const artifactSearch = z.object({
  /** `*` within a component, `**` across; a pattern without a slash fits the last component, wherever it lies. */
  pattern: z.string().min(1).max(4096).optional(),
  target: z.string().optional(),
  kind: artifactKind.optional(),
  /** Only of these executions. */
  executionIds: z.array(executionId).min(1).max(100).optional(),
  /** All three in milliseconds. */
  olderThanMs: z.number().int().nonnegative().optional(),
  youngerThanMs: z.number().int().nonnegative().optional(),
  expiresWithinMs: z.number().int().nonnegative().optional(),
});
export type ArtifactSearch = z.infer<typeof artifactSearch>;

export const foundArtifact = artifact.extend({target: z.string()});
export type FoundArtifact = z.infer<typeof foundArtifact>;

/** What the files of one target, kind and age take up. */
export const usageRow = z.object({
  target: z.string(),
  kind: artifactKind,
  /** Days that they are old at most; absent for those that are older than every step. */
  upToDays: z.number().optional(),
  files: z.number().int(),
  /** As they lie in the store. */
  bytes: z.number().int(),
});
export type UsageRow = z.infer<typeof usageRow>;

/** The input of the workflow `catalog`: one short question, one page of answer. */
export const catalogQuestion = z.discriminatedUnion('ask', [
  z.object({ask: z.literal('execution'), executionId}),
  z.object({
    ask: z.literal('executions'),
    ...page,
    /** Only those of this batch, or only those of none. Default: all. */
    batch: z.union([batchId, z.literal(false)]).optional(),
  }),
  /** What the workflow is to be started with again, after it failed. */
  z.object({ask: z.literal('retry'), executionId}),
  z.object({ask: z.literal('artifacts'), executionId, kind: artifactKind, ...page}),
  /** Files of all executions. */
  z.object({ask: z.literal('find-artifacts'), ...artifactSearch.shape, ...page}),
  /** Decides how long an execution and its files are kept from now. */
  z.object({
    ask: z.literal('keep'),
    executionId,
    keepFor,
    /** What Temporal says the time is: the workflow adds it. */
    at: z.iso.datetime().optional(),
  }),
  z.object({ask: z.literal('usage')}),
  z.object({ask: z.literal('ticket'), executionId, access: z.literal('read')}),
  /** What became of the files of a transfer so far, in the plan's order. */
  z.object({
    ask: z.literal('outcomes'),
    transferId: executionId,
    /** Only those that failed. */
    failed: z.boolean().default(false),
    ...page,
  }),
  z.object({ask: z.literal('batch'), batchId}),
  /** How its items ended, in the order of the ends: of one that was tried again there are several outcomes. */
  z.object({ask: z.literal('batch-outcomes'), batchId, ...page}),
  z.object({ask: z.literal('targets')}),
  z.object({ask: z.literal('check-target'), target: z.string()}),
]);
export type CatalogQuestion = z.input<typeof catalogQuestion>;

export const targetCheck = z.object({
  name: z.string(),
  outcome: z.enum(['ok', 'warning', 'failed']),
  detail: z.string(),
  remedy: z.string().optional(),
});
export type TargetCheck = z.infer<typeof targetCheck>;

export const targetSummary = z.object({
  name: z.string(),
  kind: z.enum(['local', 'ssh', 's3']),
  address: z.string(),
  /** Absent for a store, which runs no commands. */
  workspaceRoot: z.string().optional(),
  taskQueue: z.string(),
  /** Absent for a store. */
  maxConcurrentExecutions: z.number().int().optional(),
});
export type TargetSummary = z.infer<typeof targetSummary>;

/** What became of one name of a transfer: a planned file, or one that was never planned, and why. */
export const transferOutcome = z.union([fileOutcome, transferNote.extend({outcome: z.literal('left-out')})]);
export type TransferOutcome = z.infer<typeof transferOutcome>;

export const catalogAnswer = z.discriminatedUnion('ask', [
  z.object({
    ask: z.literal('execution'),
    execution: executionRecord.optional(),
    /** Absent while it is open. */
    result: executionResult.optional(),
  }),
  z.object({ask: z.literal('retry'), request: executionInput}),
  z.object({
    ask: z.literal('executions'),
    executions: z.array(executionRecord).readonly(),
    next: z.string().optional(),
  }),
  z.object({
    ask: z.literal('artifacts'),
    artifacts: z.array(artifact).readonly(),
    totalSizeBytes: z.number().int(),
    next: z.string().optional(),
  }),
  z.object({
    ask: z.literal('find-artifacts'),
    artifacts: z.array(foundArtifact).readonly(),
    next: z.string().optional(),
  }),
  z.object({
    ask: z.literal('keep'),
    /** Absent for ever. */
    expiresAt: z.string().optional(),
    /** Files that have the new date. */
    artifacts: z.number().int(),
  }),
  z.object({ask: z.literal('usage'), usage: z.array(usageRow).readonly()}),
  z.object({ask: z.literal('ticket'), ticket, expiresAt: z.string().optional()}),
  z.object({ask: z.literal('outcomes'), outcomes: z.array(transferOutcome).readonly(), next: z.string().optional()}),
  z.object({ask: z.literal('batch'), batch: batchRecord.optional()}),
  z.object({
    ask: z.literal('batch-outcomes'),
    outcomes: z.array(batchOutcome).readonly(),
    /** Always there: while the batch runs, a later question may have more from here on. */
    next: z.string(),
  }),
  z.object({ask: z.literal('targets'), targets: z.array(targetSummary)}),
  z.object({ask: z.literal('check-target'), checks: z.array(targetCheck)}),
]);
export type CatalogAnswer = z.infer<typeof catalogAnswer>;
