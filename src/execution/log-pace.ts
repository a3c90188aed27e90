const FIRST_DELAY_MS = 50;
const MAX_GATHER_MS = 1_000;
const MAX_IDLE_DELAY_MS = 250;
const QUIET_MS = 5_000;
const GROWTH = 1.5;

/**
 * How long to wait between two looks at a growing log: short while it is new or has been quiet, so that the first bytes
 * are seen at once; up to a second while it keeps growing, so that a talkative command makes few objects.
 */
export class LogPace {
  #delay = FIRST_DELAY_MS;
  #lastBytesAt: number | undefined;

  /** Milliseconds until the next look, after one that found `bytes` at the time `now`. */
  after(bytes: number, now: number): number {
    if (bytes > 0) {
      const quiet = this.#lastBytesAt === undefined || now - this.#lastBytesAt > QUIET_MS;
      this.#lastBytesAt = now;
      this.#delay = quiet ? FIRST_DELAY_MS : Math.min(this.#delay * GROWTH, MAX_GATHER_MS);
      return this.#delay;
    }
    const delay = Math.min(this.#delay, MAX_IDLE_DELAY_MS);
    if (this.#lastBytesAt === undefined) this.#delay = delay * GROWTH;
    else if (now - this.#lastBytesAt > QUIET_MS) return MAX_IDLE_DELAY_MS;
    return delay;
  }
}
