import type {Logger} from 'pino';
import type {SweepRecord, SweptPlace} from './sweep-record.js';
import type {TargetRegistry} from './targets.js';

const DAY_MS = 86_400_000;

/** What failed or was passed over is tried again after this long. */
const LOOK_MS = 3_600_000;

/** What a transfer left blocks its destination for others: it is looked for at every start and every hour. */
const EVERY_LOOK: readonly SweptPlace[] = ['transfers'];

/** A worker that starts, or a target that is first used, has something to do at once that somebody waits for. */
const DELAY_MS = 5_000;

export interface SweepsOptions {
  readonly record: SweepRecord;
  /** What this worker may sweep, by the names of the configuration. */
  readonly targets: readonly string[];
  /** Targets that cost no connection: they are swept whether they were ever used or not. */
  readonly atHand: readonly string[];
  readonly sweep: (place: SweptPlace, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  readonly delayMs?: number;
}

/**
 * Sweeps every target that was ever used, one after the other and once a day: soon after the start of the worker, and
 * soon after a target is first used. What transfers left is swept at each start and hourly. A failure is logged and tried
 * again an hour later.
 */
export class Sweeps {
  readonly #options: SweepsOptions;
  readonly #stop = new AbortController();
  readonly #places: readonly SweptPlace[];
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: SweepsOptions) {
    this.#options = options;
    this.#places = ['transfers', ...options.targets.map((name): SweptPlace => `target:${name}`)];
    this.#lookIn(options.delayMs ?? DELAY_MS);
  }

  /** The same targets; the first use of each is noticed. */
  watching(targets: TargetRegistry): TargetRegistry {
    return {
      ...targets,
      connect: async (name, signal) => {
        const target = await targets.connect(name, signal);
        this.#used(name);
        return target;
      },
    };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#sweeping;
  }

  #used(name: string): void {
    const {record, log, delayMs = DELAY_MS} = this.#options;
    const place: SweptPlace = `target:${name}`;
    if (record.knows(place) || !this.#places.includes(place)) return;
    try {
      record.note(place, 0);
    } catch (error) {
      log.warn({err: error}, 'the record of sweeps cannot be written');
    }
    this.#lookIn(delayMs);
  }

  #lookIn(milliseconds: number): void {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#sweeping = this.#sweeping.then(() => this.#look());
      this.#lookIn(LOOK_MS);
    }, milliseconds);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const {record, sweep, log} = this.#options;
    const {signal} = this.#stop;
    for (const place of this.#places) {
      if (this.#stopped()) return;
      const always = EVERY_LOOK.includes(place);
      if (!always && (!this.#isKnown(place) || Date.now() - record.sweptAt(place) < DAY_MS)) continue;
      try {
        await sweep(place, signal);
        if (!always) record.note(place, Date.now());
      } catch (error) {
        if (!this.#stopped()) log.warn({err: error, place}, 'not swept; it is tried again in an hour');
      }
    }
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #isKnown(place: SweptPlace): boolean {
    const {record, atHand} = this.#options;
    return record.knows(place) || atHand.includes(place.slice('target:'.length));
  }
}
