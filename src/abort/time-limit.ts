export interface TimeLimit {
  /** Fires when the time is over, or with the signal that was given. */
  readonly signal: AbortSignal;
  /** Whether the time was over before it ended. */
  readonly over: boolean;
  /** From now on the time does not count. */
  end(): void;
}

/**
 * A time of its own for a part of some work. `AbortSignal.any` alone does not keep an `AbortSignal.timeout` from being
 * collected in Node 20, which then never fires (nodejs/node#57736): the timer here holds what it fires.
 *
 * @param ms does not keep the process
 * @param reasonOf what it fires with, by default a DOMException of the name TimeoutError
 */
export function timeLimit(
  ms: number,
  signal: AbortSignal | undefined,
  reasonOf: () => Error = () => new DOMException(`not done within ${ms} ms`, 'TimeoutError'),
): TimeLimit {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(reasonOf()), ms).unref();
  return {
    signal: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]),
    get over() {
      return over.signal.aborted;
    },
    end: () => clearTimeout(timer),
  };
}
