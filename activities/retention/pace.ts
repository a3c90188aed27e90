import {setTimeout as delay} from 'node:timers/promises';

/** Holds back what would be more than so many a second, measured from its first use. */
export class Pace {
  private readonly since = performance.now();
  private taken = 0;

  constructor(private readonly perSecond: number) {}

  /** Resolves when `count` more, which have been done, fit into the time that has gone by. */
  async took(count: number, signal: AbortSignal): Promise<void> {
    this.taken += count;
    const ahead = (this.taken / this.perSecond) * 1000 - (performance.now() - this.since);
    if (ahead > 0) await delay(ahead, undefined, {signal});
  }
}
