import {setTimeout as sleep} from 'node:timers/promises';
import {S3Failure} from './errors.js';
import type {RetryPolicy} from './options.js';

/**
 * Runs `attempt` until it succeeds, fails for good, or the policy's tries are used up. A failure that comes after a
 * try whose answer was lost says so.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  {signal, onLostAnswer}: {readonly signal?: AbortSignal; readonly onLostAnswer?: () => void},
  attempt: () => Promise<T>,
): Promise<T> {
  let answerLost = false;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof S3Failure)) throw error;
      if (!error.isTransient || tries >= policy.tries) throw answerLost ? error.afterLostAnswer() : error;
      answerLost ||= error.mayHaveHappened;
      if (error.mayHaveHappened) onLostAnswer?.();
      await pause(waitMs(policy, tries, error.retryAfterMs), signal);
    }
  }
}

function waitMs(policy: RetryPolicy, tries: number, asked: number | undefined): number {
  const most = Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** (tries - 1));
  return Math.min(policy.longestWaitMs, Math.max(asked ?? 0, Math.random() * most));
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : {signal});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
