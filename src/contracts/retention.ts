import {z} from 'zod';
import type {ExecutionInput} from './execution.js';
import {executionId} from './ids.js';

/** The input of the workflow `retention`. */
export const retentionInput = z.object({
  version: z.literal(1).default(1),
  /** Removes these, whatever their date, and nothing else. Default: what has expired. */
  executionIds: z.array(executionId).min(1).max(1000).optional(),
});
export type RetentionRequest = z.input<typeof retentionInput>;
export type RetentionInput = z.output<typeof retentionInput>;

/** How long a run's outputs are kept, where its caller says so. */
export type KeptFor = Pick<ExecutionInput, 'keepFor' | 'keepOutputs'>;

/** Whether anything of it is kept for longer than so many days after its end. */
export function staysLonger({keepFor, keepOutputs = []}: KeptFor, days: number): boolean {
  const wanted = [keepFor, ...keepOutputs.map((each) => each.keepFor)];
  return wanted.some((each) => each === 'forever' || (each !== undefined && each > days * 86_400_000));
}

/** Something that stays for now, and why; the next sweep tries it again. */
export const retentionNote = z.object({name: z.string(), code: z.string(), message: z.string()});
export type RetentionNote = z.infer<typeof retentionNote>;

export const retentionCounts = z.object({
  executions: z.number().int(),
  artifacts: z.number().int(),
  /** As they lay in the store. */
  bytes: z.number().int(),
  tickets: z.number().int(),
  /** Names of unfinished files, uploads and journals that belonged to nothing any more. */
  leftovers: z.number().int(),
});
export type RetentionCounts = z.infer<typeof retentionCounts>;

/** What one sweep came to. */
export const retentionResult = z.object({
  version: z.literal(1),
  /** What had expired by then is gone: ISO 8601. */
  cutoff: z.string(),
  removed: retentionCounts,
  /** The first that stay. */
  left: z.array(retentionNote),
});
export type RetentionResult = z.infer<typeof retentionResult>;

/** What stays of one sweep, held by name: after so many it leaves the rest to the next one. */
export const MOST_LEFT = 500;

/** Notes that travel in a result. */
export const RETENTION_NOTES = 50;

/**
 * Milliseconds by which the clocks of PostgreSQL and Temporal may differ: more than any that are set by NTP, less than
 * the shortest time that anybody keeps a file.
 */
export const MAX_CLOCK_DIFFERENCE_MS = 60_000;

/**
 * What has expired at the returned time has expired by both clocks: Temporal's, which was read before and after
 * PostgreSQL's, all in milliseconds since 1970. `differ` where PostgreSQL's was not between the two: then one of
 * them is wrong, and nobody here knows which.
 */
export function agreedTime(
  clocks: {readonly before: number; readonly database: number; readonly after: number},
  tolerance = MAX_CLOCK_DIFFERENCE_MS,
): {readonly agreed: number} | {readonly differ: number} {
  const {before, database, after} = clocks;
  if (database < before - tolerance) return {differ: database - before};
  if (database > after + tolerance) return {differ: database - after};
  return {agreed: Math.min(before, database)};
}
