import {askAnyThread, hashingThreads} from './pool.js';
import type {HashingAnswer} from './requests.js';

export interface Range {
  readonly offset: number;
  readonly length: number;
}

/**
 * The SHA-256 of ranges of an open file, in their order, lower-case hexadecimal; undefined for one that the file does
 * not reach to the end of. Threads read and hash, the event loop stays free. `fd` MUST stay open until the iteration
 * has ended, also after an abort, which ends it within about a megabyte's time with the signal's reason.
 */
export async function* hashRanges(
  fd: number,
  ranges: Iterable<Range>,
  options: {readonly signal?: AbortSignal} = {},
): AsyncGenerator<string | undefined> {
  options.signal?.throwIfAborted();
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const onAbort = (): void => {
    Atomics.store(stop, 0, 1);
  };
  options.signal?.addEventListener('abort', onAbort);
  const underWay: Promise<HashingAnswer>[] = [];
  try {
    // One range more than there are threads, so that none waits for the next request.
    const depth = hashingThreads() + 1;
    for (const range of ranges) {
      underWay.push(handled(askAnyThread({operation: 'range', fd, offset: range.offset, length: range.length, stop})));
      if (underWay.length > depth) yield digestOf(await underWay.shift(), options.signal);
    }
    while (underWay.length > 0) yield digestOf(await underWay.shift(), options.signal);
  } finally {
    onAbort();
    await Promise.allSettled(underWay);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

function digestOf(answer: HashingAnswer | undefined, signal: AbortSignal | undefined): string | undefined {
  signal?.throwIfAborted();
  return answer?.outcome === 'hashed' ? answer.sha256 : undefined;
}

/** A request that fails while an earlier one is still awaited is reported when its turn comes. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
