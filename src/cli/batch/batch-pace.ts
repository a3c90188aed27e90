import type {BatchCounts, BatchState} from '../../contracts/batch.js';

export interface BatchPace {
  readonly counts: BatchCounts;
  readonly running: number;
  /** Items that have ended, those of earlier rounds that succeeded included. */
  readonly done: number;
  /** Executions a second that ended lately. */
  readonly rate: number;
  /** Milliseconds to the end at that rate; absent while none ends. */
  readonly etaMs?: number;
  /** Files that this process has sent; absent where it sends none. */
  readonly sent?: number;
}

/** Milliseconds over which the rate is taken: long enough for commands of seconds, short enough to follow a change. */
const WINDOW_MS = 30_000;

/** How fast the executions of a batch end. */
export class BatchClock {
  readonly #seen: {readonly at: number; readonly done: number}[] = [];

  pace({counts, running}: Pick<BatchState, 'counts' | 'running'>, now: number, sent?: number): BatchPace {
    const done = counts.succeeded + counts.failed + counts.cancelled;
    this.#seen.push({at: now, done});
    while ((this.#seen[1]?.at ?? now) < now - WINDOW_MS) this.#seen.shift();
    const first = this.#seen[0] ?? {at: now, done};
    const rate = now > first.at ? ((done - first.done) * 1000) / (now - first.at) : 0;
    const left = counts.items - done;
    return {
      ...{counts, running, done, rate},
      ...(rate > 0 || left === 0 ? {etaMs: left === 0 ? 0 : (left / rate) * 1000} : {}),
      ...(sent === undefined ? {} : {sent}),
    };
  }
}
