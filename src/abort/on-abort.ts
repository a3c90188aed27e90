import {toError} from '../contracts/errors.js';

const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` once when the signal fires, which it has not done yet. One signal may guard hundreds of requests;
 * they share one event listener, of which Node warns from the eleventh on.
 *
 * @returns takes it back
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  let shared = listeners.get(signal);
  if (shared === undefined) {
    const created = new Set<() => void>();
    shared = created;
    listeners.set(signal, created);
    const fire = (): void => {
      for (const each of created) each();
      created.clear();
    };
    signal.addEventListener('abort', fire, {once: true});
  }
  const registered = shared;
  registered.add(listener);
  return () => registered.delete(listener);
}

/** Rejects with the signal's reason as soon as it fires, whatever `work` still does. */
export function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(toError(signal.reason));
    const forget = onAbort(signal, abort);
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(forget);
  });
}
