import {setTimeout as delay} from 'node:timers/promises';
import {type Checkpoint, decideAttempt, retryDelay} from '../contracts/checkpoint.js';
import {hasCode, type WaybillError} from '../contracts/errors.js';
import type {FileOutcome} from './file-outcome.js';
import type {ProgressListener} from './move-progress.js';
import type {FailedBefore} from './move-segment.js';

/** What one attempt is told, and tells. */
interface Attempt {
  readonly before: FailedBefore | undefined;
  readonly earlier: readonly FileOutcome[];
  readonly onOutcome: (outcome: FileOutcome) => void;
  readonly onProgress: ProgressListener;
}

interface AttemptsOptions {
  /** Attempts in a row without progress that end it. Default: as `decideAttempt` says. */
  readonly retries?: number | undefined;
  readonly signal: AbortSignal;
  /** The error to reject with when so many attempts got no further; `last` is that of the last one. */
  readonly givenUp: (message: string, last: WaybillError) => WaybillError;
  /** Before the pause; the first that is told of is 2. */
  readonly onRetry?: (attempt: number, reason: string) => void;
}

/** What an attempt is told of those before it; `stalled` where one of them got no further, however long ago. */
export function failedBefore(of: {
  readonly failed: boolean;
  readonly stalled: boolean;
  /** In a row, up to now. */
  readonly stalledAttempts: number;
}): FailedBefore | undefined {
  if (of.stalledAttempts > 1) return 'stalled-again';
  if (of.stalled) return 'stalled';
  return of.failed ? 'failed' : undefined;
}

/**
 * Moves a segment in as many attempts as it takes, without Temporal. Those that get further are not counted; the pauses
 * between them grow while nothing moves. Rejects at once with what no other attempt may mend, or was tried long enough.
 */
export async function inAttempts<Result>(
  {retries, signal, givenUp, onRetry}: AttemptsOptions,
  move: (attempt: Attempt) => Promise<Result>,
): Promise<Result> {
  const earlier = new Map<string, FileOutcome>();
  let last: {readonly checkpoint: Checkpoint; readonly error: WaybillError} | undefined;
  let stalled = false;
  for (let attempt = 1; ; attempt++) {
    const decision = decideAttempt(last?.checkpoint, Date.now(), retries);
    if (decision.decision === 'give-up') {
      if (last === undefined) throw new RangeError('given up before the first attempt');
      throw givenUp(decision.message, last.error);
    }
    const {progress: progressAtStart, stalledAttempts} = decision;
    stalled ||= stalledAttempts > 0;
    let progress = progressAtStart;
    try {
      return await move({
        before: failedBefore({failed: last !== undefined, stalled, stalledAttempts}),
        earlier: [...earlier.values()],
        onOutcome: (outcome) => void earlier.set(outcome.name, outcome),
        onProgress: ({bytesDone, filesDone}, gainedBytes) => {
          progress = Math.max(progress, bytesDone + filesDone, progressAtStart + gainedBytes);
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!hasCode(error) || !error.retryable) throw error;
      // Whoever asks Temporal has asked for minutes by then.
      if (error.code === 'client.unreachable') throw error;
      const {message: lastError} = error;
      const checkpoint: Checkpoint = {version: 1, step: 'move', progress, progressAtStart, stalledAttempts, lastError};
      last = {checkpoint, error};
      onRetry?.(attempt + 1, lastError);
      await delay(retryDelay(checkpoint, Date.now()), undefined, {signal}).catch(() => signal.throwIfAborted());
    }
  }
}
