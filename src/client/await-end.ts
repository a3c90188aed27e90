import {ApplicationFailure, WorkflowFailedError} from '@temporalio/client';
import type {z} from 'zod';
import {hasCode} from '../contracts/errors.js';

export interface EndOptions<Result> {
  readonly result: z.ZodType<Result>;
  /** Temporal's errors as ours. */
  readonly translated: (error: unknown) => Error;
  /** The result from where it is kept beside Temporal; undefined where it is not known there either. */
  readonly recorded: () => Promise<Result | undefined>;
}

/**
 * The result of a workflow, also of one that failed with it. Of a cancelled workflow Temporal keeps nothing but that it was
 * cancelled, and after a while it forgets each: then what is recorded counts.
 */
export async function awaitEnd<Result>(
  workflow: {result(): Promise<Result>},
  {result: schema, translated, recorded}: EndOptions<Result>,
): Promise<Result> {
  try {
    return await workflow.result();
  } catch (error) {
    const carried = schema.safeParse(detailOf(error));
    if (carried.success) return carried.data;
    const failure = translated(error);
    if (!hasCode(failure, 'execution.cancelled', 'execution.not-found', 'batch.not-found')) throw failure;
    const known = await recorded();
    if (known) return known;
    throw failure;
  }
}

/** What rides on the failure of a workflow of ours that ended without success. */
function detailOf(error: unknown): unknown {
  if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  return error.cause.details?.[0];
}
