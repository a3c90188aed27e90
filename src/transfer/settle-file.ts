import {hasCode} from '../contracts/errors.js';
import {type FailedOutcome, failedOutcome} from './file-outcome.js';
import type {PlannedFile} from './planned-file.js';

/** One attempt at a file; `fresh` uses nothing of what its ledger says. */
export type SettleAttempt<Outcome> = (startedAt: number, how: {readonly fresh: boolean}) => Promise<Outcome>;

/**
 * Runs an attempt, and once more where that may mend it. Answers with a failed outcome where trying again is no use, and
 * throws where it may be.
 */
export async function settleFile<Outcome>(
  {file, signal}: {readonly file: PlannedFile; readonly signal: AbortSignal},
  attempt: SettleAttempt<Outcome>,
): Promise<Outcome | FailedOutcome> {
  const startedAt = performance.now();
  try {
    return await twiceAtMost(attempt, startedAt, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isFinal(error)) throw error;
    return failedOutcome(file, error, startedAt);
  }
}

async function twiceAtMost<Outcome>(
  attempt: SettleAttempt<Outcome>,
  startedAt: number,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await attempt(startedAt, {fresh: false});
  } catch (error) {
    // The ledger may be of other bytes than the source holds now, with the same identity: once, nothing of it is used.
    const fresh = hasCode(error, 'source.changed');
    if ((!fresh && !hasCode(error, 'worker.thread-lost')) || signal.aborted) throw error;
    return await attempt(startedAt, {fresh});
  }
}

/** Whether this error is a file's last word, though its code says that a later transfer may fare better. */
export function isFinal(error: unknown): boolean {
  if (hasCode(error, 'source.changed', 'transfer.checksum-mismatch')) return true;
  return hasCode(error) && !error.retryable && error.code !== 'transfer.superseded';
}
