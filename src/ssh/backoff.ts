import {setTimeout as sleep} from 'node:timers/promises';
import {isWaybillError} from '../contracts/errors.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * Tries until it works, the error is one that waiting does not mend, or `patienceMs` are over; then rejects with the
 * last error. Delays double and are spread at random, so that many waiters do not meet the server's MaxStartups at once.
 */
export async function withBackoff<T>(attempt: () => Promise<T>, patienceMs: number, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
    try {
      return await attempt();
    } catch (error) {
      const wait = delay * (0.5 + Math.random());
      signal?.throwIfAborted();
      if (!isWaybillError(error) || !error.retryable || performance.now() + wait > deadline) throw error;
      await sleep(wait, undefined, signal === undefined ? {} : {signal});
    }
  }
}
