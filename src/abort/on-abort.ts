import {toError} from '../contracts/errors.js';

interface Shared {
  readonly listeners: Set<() => void>;
  readonly fire: () => void;
}

const shared = new WeakMap<AbortSignal, Shared>();

/**
 * Calls `listener` once when the signal fires, which it has not done yet. One signal may guard hundreds of requests;
 * they share one event listener, of which Node warns from the eleventh on.
 *
 * @returns takes it back
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const {listeners, fire} = shared.get(signal) ?? share(signal);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || shared.get(signal)?.fire !== fire) return;
    // Node keeps a signal of `AbortSignal.any` for ever, with all that it reaches, while anything listens to it.
    signal.removeEventListener('abort', fire);
    shared.delete(signal);
  };
}

function share(signal: AbortSignal): Shared {
  const listeners = new Set<() => void>();
  const fire = (): void => {
    for (const each of listeners) each();
    listeners.clear();
  };
  signal.addEventListener('abort', fire, {once: true});
  const created = {listeners, fire};
  shared.set(signal, created);
  return created;
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
