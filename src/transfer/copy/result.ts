import type {TransferOutcome} from '../../contracts/catalog.js';
import {addCounts, noCounts, NOTES_SHOWN, type TransferCounts, type TransferNote} from '../../contracts/transfer.js';
import type {FileOutcome} from '../file-outcome.js';
import type {PlannedFile, RefusedEntry} from '../planned-file.js';
import {countsOf, failuresOf, isLeftOut, noteOf, outcomeOfRefused} from './counts.js';

export interface CopyResult {
  /** `succeeded` only where every planned file is at the destination, or was kept there on purpose. */
  readonly outcome: 'succeeded' | 'failed';
  readonly dryRun: boolean;
  readonly counts: TransferCounts;
  /** One for each planned entry, in the plan's order; with `dryRun`, of those that would be left as they are. */
  readonly outcomes: readonly FileOutcome[];
  /** The names that were never planned, because they were left out or cannot be carried. Empty with `keepOutcomes` off. */
  readonly notPlanned: readonly TransferOutcome[];
  readonly failures: readonly TransferNote[];
  readonly warnings: readonly TransferNote[];
  readonly leftOut: number;
  readonly durationMs: number;
}

/** Gathers what became of each entry of a copy's plan. */
export class ResultTally {
  readonly #startedAt = performance.now();
  readonly #refused: RefusedEntry[] = [];
  readonly #outcomes: FileOutcome[] = [];
  readonly #failures: TransferNote[] = [];
  #counts = noCounts;

  constructor(private readonly keepOutcomes: boolean) {}

  get refused(): number {
    return this.#refused.length;
  }

  refuse(entry: RefusedEntry): void {
    this.#refused.push(entry);
  }

  take(outcomes: readonly FileOutcome[]): void {
    this.#counts = addCounts(this.#counts, countsOf(outcomes));
    this.#failures.push(...failuresOf(outcomes).slice(0, NOTES_SHOWN - this.#failures.length));
    if (this.keepOutcomes) this.#outcomes.push(...outcomes);
  }

  /** What a dry run would move. */
  takePlanned({kind, size}: PlannedFile): void {
    const planned = {...noCounts, entries: 1, files: kind === 'file' ? 1 : 0, bytes: size};
    this.#counts = addCounts(this.#counts, planned);
  }

  result(dryRun: boolean): CopyResult {
    const lost = this.#refused.filter((entry) => !isLeftOut(entry));
    const left = this.#refused.filter(isLeftOut);
    const counts = {...this.#counts, failed: this.#counts.failed + lost.length};
    return {
      outcome: counts.failed === 0 ? 'succeeded' : 'failed',
      dryRun,
      counts,
      outcomes: this.#outcomes,
      notPlanned: this.keepOutcomes ? this.#refused.map(outcomeOfRefused) : [],
      failures: [...this.#failures, ...lost.map(noteOf)].slice(0, NOTES_SHOWN),
      warnings: left.slice(0, NOTES_SHOWN).map(noteOf),
      leftOut: left.length,
      durationMs: Math.round(performance.now() - this.#startedAt),
    };
  }
}
