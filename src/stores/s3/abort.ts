import {addAbortListener, setMaxListeners} from 'node:events';

/**
 * Runs `work`, and `abandon` when `signal` aborts, which it must not have done before. Where `work` fails after that it
 * rejects with the reason of the abort; where it succeeds all the same it resolves with the result.
 */
export async function abandonOnAbort<T>(
  signal: AbortSignal | undefined,
  abandon: () => void,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return await work();
  // A signal guards hundreds of requests at once; Node warns from the eleventh on.
  setMaxListeners(0, signal);
  const listener = addAbortListener(signal, abandon);
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    listener[Symbol.dispose]();
  }
}
