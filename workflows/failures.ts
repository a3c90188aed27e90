import {ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure} from '@temporalio/workflow';
import type {Failure, StageName} from '../src/contracts/execution.js';

/** What a stage's error says to the caller: the typed failure of the activity where there is one. */
export function failureFrom(error: unknown, stage: StageName): Failure {
  const cause = error instanceof ActivityFailure && error.cause ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const remedy = remedyIn(cause.details?.[0]);
    return {
      code: cause.type ?? 'store.io',
      message: cause.message,
      ...(remedy === undefined ? {} : {remedy}),
      stage,
    };
  }
  if (cause instanceof TimeoutFailure) return {code: 'store.unavailable', message: cause.message, stage};
  return {code: 'store.io', message: cause instanceof Error ? cause.message : String(cause), stage};
}

/** True where the failure cannot be mended by asking again. */
export function isFinal(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}

export function isCancelled(error: unknown): boolean {
  return (
    error instanceof CancelledFailure || (error instanceof ActivityFailure && error.cause instanceof CancelledFailure)
  );
}

function remedyIn(detail: unknown): string | undefined {
  if (typeof detail !== 'object' || detail === null || !('remedy' in detail)) return undefined;
  return typeof detail.remedy === 'string' ? detail.remedy : undefined;
}

/** Completes for success alone, so that no list shows green what is not; the result rides on the failure otherwise. */
export function report<
  Result extends {
    readonly outcome: string;
    readonly failure?: {readonly code: string; readonly message: string} | undefined;
  },
>(result: Result): Result {
  if (result.outcome === 'succeeded') return result;
  const message = result.failure?.message ?? result.outcome;
  if (result.outcome === 'cancelled') throw new CancelledFailure(message);
  throw ApplicationFailure.create({
    message,
    type: result.failure?.code ?? 'store.io',
    nonRetryable: true,
    details: [result],
  });
}
