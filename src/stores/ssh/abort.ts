import {toError} from '../../ssh/socket.js';

/** Rejects with the signal's reason as soon as it fires, whatever `work` still does: for requests that change nothing. */
export function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(toError(signal.reason));
    signal.addEventListener('abort', abort, {once: true});
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** How long requests that were sent may take to be answered after an abort before their session is ended. */
const GRACE_MS = 2000;

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
  signal.addEventListener('abort', abort, {once: true});
  if (signal.aborted) abort();
  const result = await Promise.allSettled([work]);
  clearTimeout(timer);
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
  const [settled] = result;
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}
