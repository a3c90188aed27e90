import {setTimeout as delay} from 'node:timers/promises';
import type {Logger} from 'pino';
import {isWaybillError} from '../contracts/errors.js';

const BETWEEN_MS = 250;

/** Milliseconds that what a worker needs may take to come up: a whole stack that starts at once needs seconds. */
const PATIENCE_MS = 60_000;

/** Tries again what may work later, for a minute: after a reboot everything starts at once, in any order. */
export async function patiently<T>(
  what: string,
  log: Logger,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!isWaybillError(error) || !error.retryable || Date.now() > until) throw error;
      if (tries === 0) log.warn({err: error}, `waiting for ${what}`);
      await delay(BETWEEN_MS, undefined, {signal});
    }
  }
}
