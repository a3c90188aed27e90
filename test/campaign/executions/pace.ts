import {setTimeout as delay} from 'node:timers/promises';
import type {TestStack} from '../../e2e/stack.js';
import {type Direction, unfinished} from '../../e2e/unfinished.js';
import type {Job} from './job.js';

/** What an execution moves at one instant, seen at its files. */
export interface Moving {
  readonly executionId: string;
  readonly direction: Direction;
  /** Bytes that unfinished files hold. */
  readonly held: number;
  /** Bytes a second over the last two seconds, or since they began to grow. */
  readonly rate: number;
}

const EVERY_MS = 100;
const WINDOW_MS = 2_000;

/** Watches how fast the unfinished files of a round grow. */
export class Pace {
  readonly #samples = new Map<string, {at: number; bytes: number}[]>();
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;

  constructor(
    private readonly stack: TestStack,
    private readonly jobs: readonly Job[],
  ) {
    this.#watching = this.#watch();
  }

  /** Of every execution that moves something now. */
  async now(): Promise<readonly Moving[]> {
    const moving: Moving[] = [];
    for (const job of this.jobs) {
      if (job.settled() !== undefined) continue;
      for (const direction of ['stage', 'collect'] as const) {
        const seen = await unfinished(this.stack, job.plan.target, job.id, direction);
        if (seen.files === 0) continue;
        moving.push({executionId: job.id, direction, held: seen.bytes, rate: this.#rate(job, direction, seen.bytes)});
      }
    }
    return moving;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const {signal} = this.#stop;
    while (!signal.aborted) {
      for (const {executionId, direction, held} of await this.now()) {
        const samples = this.#samples.get(executionId + direction) ?? [];
        this.#samples.set(executionId + direction, [
          // Those that stood still say nothing about the line.
          ...samples.filter(({at, bytes}) => at > Date.now() - WINDOW_MS && bytes < held),
          {at: Date.now(), bytes: held},
        ]);
      }
      await delay(EVERY_MS, undefined, {signal}).catch(() => undefined);
    }
  }

  #rate(job: Job, direction: Direction, held: number): number {
    const first = this.#samples.get(job.id + direction)?.[0];
    if (!first || first.bytes >= held) return 0;
    return ((held - first.bytes) * 1000) / Math.max(1, Date.now() - first.at);
  }
}
