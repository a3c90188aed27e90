import {hasCode, isWaybillError, WaybillError} from '../contracts/errors.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../stores/in-parallel.js';
import {joinStorePath} from '../stores/paths.js';
import {failedOutcome, type FileOutcome} from './file-outcome.js';
import type {ProgressCounter} from './move-progress.js';
import type {MoveSegmentOptions} from './move-segment.js';
import type {PlannedFile} from './planned-file.js';
import {isFinal} from './settle-file.js';
import {superseded} from './superseded.js';

/** So many failures in a row that may pass by themselves: the rest would only meet the same. */
const FAILURES_IN_A_ROW = 3;

/** What became of each file of a segment in this attempt and the ones before it. */
export class SegmentOutcomes {
  readonly #options: MoveSegmentOptions;
  readonly #counter: ProgressCounter;
  readonly #outcomes = new Map<string, FileOutcome>();
  #retry: {readonly error: unknown} | undefined;
  #failuresInARow = 0;

  constructor(options: MoveSegmentOptions, counter: ProgressCounter) {
    this.#options = options;
    this.#counter = counter;
  }

  get stopped(): boolean {
    return this.#failuresInARow >= FAILURES_IN_A_ROW;
  }

  has({name}: PlannedFile): boolean {
    return this.#outcomes.has(name);
  }

  inOrder(): readonly FileOutcome[] {
    return this.#options.files.map(({name}) => {
      const outcome = this.#outcomes.get(name);
      if (outcome !== undefined) return outcome;
      throw new WaybillError('store.io', 'A file was left without an outcome.', {path: name});
    });
  }

  /** What an earlier attempt settled costs one look at the destination, not a second copy. */
  async takeEarlier(): Promise<void> {
    const {earlier = [], files, to, toRoot, signal} = this.#options;
    const good = new Map(
      earlier.filter((outcome) => outcome.outcome !== 'failed').map((outcome) => [outcome.name, outcome]),
    );
    await inParallel(files, QUESTIONS_AT_ONCE, async (file) => {
      const outcome = good.get(file.name);
      // Planned again for a retry, it may be another file than the one that arrived.
      if (outcome === undefined || (file.kind === 'file' && outcome.size !== file.size)) return;
      const {name, size} = outcome.stored ?? file;
      const entry = await to.stat(joinStorePath(toRoot, name), {signal});
      if (entry?.kind !== file.kind || (file.kind === 'file' && entry.size !== size)) return;
      this.#outcomes.set(file.name, outcome);
      this.#counter.settled(file, outcome);
    });
  }

  settle(file: PlannedFile, outcome: FileOutcome): void {
    if (outcome.outcome !== 'failed') this.#failuresInARow = 0;
    // Of a source that changed, what was taken up is thrown away, and the file brought anew.
    if (outcome.outcome !== 'failed' && outcome.resumedBytes > 0) this.#counter.tellResumed(file);
    this.#outcomes.set(file.name, outcome);
    this.#options.onOutcome?.(outcome);
    this.#counter.settled(file, outcome);
  }

  /** Settles the file where trying again is no use. Throws where this attempt has nothing left to do. */
  async failed(file: PlannedFile, error: unknown, startedAt: number, sentBytes: number): Promise<void> {
    const {signal, to, partials} = this.#options;
    signal.throwIfAborted();
    if (hasCode(error, 'transfer.superseded')) throw error;
    if (hasCode(error, 'store.not-found') && (await to.stat(partials, {signal})) === undefined) {
      throw superseded('The directory of unfinished files is gone.', error);
    }
    if (isFinal(error)) {
      this.settle(file, failedOutcome(file, error, startedAt, sentBytes));
      return;
    }
    this.#counter.dropped(file);
    this.#retry ??= {error: this.#about(file, error)};
    this.#failuresInARow++;
  }

  /** Throws the first failure after which another attempt may do better. */
  throwRetryable(): void {
    if (this.#retry !== undefined) throw this.#retry.error;
  }

  /** The stores speak of partials, whose names tell a reader nothing. */
  #about(file: PlannedFile, error: unknown): unknown {
    if (!isWaybillError(error)) return error;
    const {from, to} = this.#options;
    const {code, remedy, message} = error;
    const way = `${JSON.stringify(file.name)}, from ${from.name} to ${to.name}`;
    return new WaybillError(code, `${way}: ${message}`, {path: file.name, remedy, cause: error});
  }
}
