import {WaybillError} from '../../contracts/errors.js';
import type {CopyProgress} from '../../contracts/checkpoint.js';
import type {TransferOptions} from '../../contracts/transfer.js';
import {withProperties, withRateLimit} from '../../stores/decorators/limited.js';
import {StallWatch} from '../../stores/decorators/unstalled.js';
import type {Store, StorePath} from '../../stores/store.js';
import {failedOutcome, type FileOutcome, type MovedOutcome} from '../file-outcome.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../../stores/in-parallel.js';
import {type ResumedListener, withDone} from '../move-progress.js';
import {type FailedBefore, moveSegment} from '../move-segment.js';
import type {PlannedFile} from '../planned-file.js';
import {Comparison} from './comparison.js';
import {keptThere} from './overwrite.js';

export interface CopySegmentOptions {
  readonly from: Store;
  readonly to: Store;
  readonly toRoot: StorePath;
  /** An existing directory, see `partialsOf`. */
  readonly partials: StorePath;
  /** The transfer's id: the same for every attempt. */
  readonly owner: string;
  readonly files: readonly PlannedFile[];
  readonly earlier: readonly FileOutcome[];
  readonly options: TransferOptions;
  /** How many segments are moved at the same time: rate and files at once are shared out. */
  readonly segmentsAtOnce: number;
  /** What became of the attempts before this one, where they failed. */
  readonly before?: FailedBefore | undefined;
  readonly signal: AbortSignal;
  readonly isCurrent?: () => boolean;
  readonly onProgress?: (progress: CopyProgress, gainedBytes: number) => void;
  readonly onResumed?: ResumedListener;
  readonly onOutcome?: (outcome: FileOutcome) => void;
}

/**
 * Moves the files of one segment as the options say. Answers with one outcome for each, in the plan's order. Throws as
 * `moveSegment` does, where another attempt may do better.
 */
export async function copySegment(segment: CopySegmentOptions): Promise<readonly FileOutcome[]> {
  const stalls = new StallWatch(segment.options.stallTimeoutMs);
  const stop = new AbortController();
  const signal = AbortSignal.any([segment.signal, stop.signal]);
  const outcomes = new Map<string, FileOutcome>();
  const settle = (outcome: FileOutcome): void => {
    const told = claimed(outcome, segment.options.verify);
    outcomes.set(told.name, told);
    segment.onOutcome?.(told);
    if (told.outcome === 'failed' && segment.options.failFast) {
      stop.abort(new Error(`not tried, because ${told.name} had failed before it`));
    }
  };
  try {
    await move(segment, shaped(segment, stalls), signal, settle, outcomes);
  } catch (error) {
    if (!stop.signal.aborted || segment.signal.aborted) throw error;
    const stopped = stop.signal.reason instanceof Error ? stop.signal.reason.message : 'stopped';
    for (const file of segment.files) if (!outcomes.has(file.name)) settle(notTried(file, stopped));
  } finally {
    stalls.stop();
  }
  return segment.files.map((file) => outcomes.get(file.name) ?? notTried(file, 'it was left without an outcome'));
}

/** Files under way at once in one of several segments. */
export function filesAtOnce(parallel: number, segmentsAtOnce: number): number {
  return Math.max(1, Math.floor(parallel / segmentsAtOnce));
}

async function move(
  segment: CopySegmentOptions,
  {from, to}: {readonly from: Store; readonly to: Store},
  signal: AbortSignal,
  settle: (outcome: FileOutcome) => void,
  outcomes: Map<string, FileOutcome>,
): Promise<void> {
  const {files, earlier, options, toRoot} = segment;
  const done = new Set(earlier.filter(({outcome}) => outcome !== 'failed').map(({name}) => name));
  for (const outcome of earlier) if (outcome.outcome === 'skipped') outcomes.set(outcome.name, outcome);
  const undecided = files.filter(({name}) => !done.has(name));
  const comparison = new Comparison(from, to, toRoot);
  await inParallel(undecided, QUESTIONS_AT_ONCE, async (file) => {
    try {
      const kept = await keptThere({from, to, toRoot, file, options, comparison, signal});
      if (kept !== undefined) settle(kept);
    } catch (error) {
      signal.throwIfAborted();
      // What cannot be compared is moved: that names the failure, if it is one.
      if (!(error instanceof WaybillError) || error.retryable) throw error;
    }
  });
  const left = files.filter(({name}) => outcomes.get(name)?.outcome !== 'skipped');
  const skipped = [...outcomes.values()].filter(({outcome}) => outcome === 'skipped');
  const result = await moveSegment({
    ...{from, fromRoot: '', to, toRoot, partials: segment.partials, owner: segment.owner, files: left, earlier},
    ifExists: options.overwrite === 'never' ? 'keep' : 'replace',
    verify: options.verify === 'hash' || options.verify === 'both' ? 'hash' : 'size',
    ...{hashSource: options.verify === 'both', removeFirst: options.removeFirst},
    filesAtOnce: filesAtOnce(options.parallel, segment.segmentsAtOnce),
    oneByOne: options.parallel === 1,
    before: segment.before,
    signal,
    ...(segment.isCurrent === undefined ? {} : {isCurrent: segment.isCurrent}),
    onOutcome: settle,
    ...(segment.onResumed === undefined ? {} : {onResumed: segment.onResumed}),
    onProgress: (progress, gainedBytes) => segment.onProgress?.(withDone(progress, skipped), gainedBytes),
  });
  for (const outcome of result.outcomes) {
    if (!outcomes.has(outcome.name)) outcomes.set(outcome.name, claimed(outcome, options.verify));
  }
}

/** The stores as the options want them: chunks of another size, a rate that is kept, silence that is noticed. */
function shaped({from, to, options, segmentsAtOnce}: CopySegmentOptions, stalls: StallWatch) {
  const {chunkBytes: preferredChunkBytes, limitRate} = options;
  const sized = (store: Store): Store =>
    stalls.watched(
      preferredChunkBytes === undefined
        ? store
        : withProperties(store, {preferredChunkBytes, firstChunkBytes: preferredChunkBytes}),
    );
  const destination = sized(to);
  const limited =
    limitRate === undefined ? destination : withRateLimit(destination, Math.max(1, limitRate / segmentsAtOnce));
  return {from: sized(from), to: limited};
}

/** What was asked for as `none` is claimed as that, though the bytes were counted. */
function claimed(outcome: FileOutcome, verify: TransferOptions['verify']): FileOutcome {
  if (verify !== 'none' || outcome.outcome === 'failed' || outcome.verified !== 'size-only') return outcome;
  const told: MovedOutcome = {...outcome, verified: 'not-checked'};
  return told;
}

export function notTried(file: PlannedFile, why: string): FileOutcome {
  return failedOutcome(file, new WaybillError('transfer.not-tried', why, {path: file.name}), performance.now());
}
