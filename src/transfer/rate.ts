/** Bytes a second over the last seconds, and how long the rest takes. Pure: the caller says what time it is. */
export class RateMeter {
  readonly #windowMs: number;
  readonly #samples: {readonly at: number; readonly bytes: number}[] = [];
  #bytes = 0;

  constructor(startedAt: number, windowMs = 5000) {
    this.#windowMs = windowMs;
    this.#samples.push({at: startedAt, bytes: 0});
  }

  add(bytes: number, now: number): void {
    this.#bytes += bytes;
    const last = this.#samples.at(-1);
    // Ten samples a second are fine enough, whatever the size of the chunks.
    if (last !== undefined && this.#samples.length > 1 && now - last.at < 100) {
      this.#samples[this.#samples.length - 1] = {at: last.at, bytes: this.#bytes};
    } else this.#samples.push({at: now, bytes: this.#bytes});
    this.#forget(now);
  }

  /** Bytes a second; 0 before anything was added and after a whole window without anything. */
  rate(now: number): number {
    this.#forget(now);
    const first = this.#samples[0];
    if (first === undefined || now <= first.at) return 0;
    return ((this.#bytes - first.bytes) * 1000) / (now - first.at);
  }

  /** Milliseconds until `bytes` more are there; undefined while nothing moves. */
  remainingMs(bytes: number, now: number): number | undefined {
    const rate = this.rate(now);
    return rate > 0 ? (bytes * 1000) / rate : undefined;
  }

  #forget(now: number): void {
    // One sample before the window stays: the rate is measured from there.
    for (
      let second = this.#samples[1];
      second !== undefined && second.at <= now - this.#windowMs;
      second = this.#samples[1]
    ) {
      this.#samples.shift();
    }
  }
}
