import {onAbort} from '../../abort/on-abort.js';

/** How long requests that were sent may take to be answered after an abort before their session is ended. */
const GRACE_MS = 2000;

/** Waits as `waiting` does for a file that is opened; one that is open only after the caller has gone is closed again. */
export async function openedUnlessAborted<T extends {close(): Promise<void>}>(
  opening: Promise<T>,
  waiting: Promise<T>,
): Promise<T> {
  try {
    return await waiting;
  } catch (error) {
    opening.then((opened) => opened.close()).catch(() => undefined);
    throw error;
  }
}

/**
 * For requests that write: after an abort their answers are awaited, or else the session is ended with them, so that
 * none of them still writes when the caller goes on.
 */
export async function settledUnlessAborted<T>(
  signal: AbortSignal | undefined,
  session: {end(): void},
  work: Promise<T>,
): Promise<T> {
  if (signal === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    timer = setTimeout(() => session.end(), GRACE_MS);
  };
  const forget = onAbort(signal, abort);
  if (signal.aborted) abort();
  const result = await Promise.allSettled([work]);
  clearTimeout(timer);
  forget();
  signal.throwIfAborted();
  const [settled] = result;
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}
