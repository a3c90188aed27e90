import {z} from 'zod';
import {artifact, artifactKind, executionRecord, ticket} from './artifacts.js';
import {executionInput, executionResult} from './execution.js';
import {executionId} from './ids.js';

const page = {
  /** At most this many rows. */
  limit: z.number().int().min(1).max(1000).default(100),
  /** From an earlier answer's `next`. */
  after: z.string().optional(),
};

/** The input of the workflow `catalog`: one short question, one page of answer. */
export const catalogQuestion = z.discriminatedUnion('ask', [
  z.object({ask: z.literal('execution'), executionId}),
  z.object({ask: z.literal('executions'), ...page}),
  /** What the workflow is to be started with again, after it failed. */
  z.object({ask: z.literal('retry'), executionId}),
  z.object({ask: z.literal('artifacts'), executionId, kind: artifactKind, ...page}),
  z.object({ask: z.literal('ticket'), executionId, access: z.literal('read')}),
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
  z.object({ask: z.literal('ticket'), ticket, expiresAt: z.string().optional()}),
  z.object({ask: z.literal('targets'), targets: z.array(targetSummary)}),
  z.object({ask: z.literal('check-target'), checks: z.array(targetCheck)}),
]);
export type CatalogAnswer = z.infer<typeof catalogAnswer>;
