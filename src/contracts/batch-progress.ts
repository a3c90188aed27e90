import {
  BATCH_FAILURES_SHOWN,
  type BatchCounts,
  type BatchInput,
  type BatchOutcome,
  type BatchResult,
  itemId,
} from './batch.js';
import type {ExecutionResult} from './execution.js';

/** An execution that was started and has not ended, as one run of the workflow tells the next. */
export interface StartedItem {
  readonly index: number;
  readonly input: string;
}

/** What a batch has come to so far; goes from run to run of the workflow where it continues as new. */
export interface BatchProgress {
  readonly batchId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly round: number;
  readonly pages: number;
  readonly pagesSent: number;
  /** The first item that was not begun: the page, and its place in there. */
  readonly page: number;
  readonly offset: number;
  /** Items begun so far: in the first round the index of the next one. */
  readonly begun: number;
  /** Pages of outcomes that are in the journal. */
  readonly outcomePages: number;
  readonly counts: BatchCounts;
  readonly failures: readonly BatchOutcome[];
  readonly failure?: BatchResult['failure'];
  readonly cancelled: boolean;
}

export function beginBatch(batchId: string, input: BatchInput, startedAt: string): BatchProgress {
  return {
    ...{batchId, startedAt, round: 1, pages: input.pages, pagesSent: 0, page: 0, offset: 0, begun: 0, outcomePages: 0},
    counts: {items: input.items, succeeded: 0, failed: 0, cancelled: 0},
    ...{failures: [], cancelled: false},
  };
}

/** Characters of a message that are kept of each item: the whole one is in the record of its execution. */
const MESSAGE_LENGTH = 500;

/** How an item ended, from what its execution came to. */
export function outcomeOf(progress: BatchProgress, item: StartedItem, result: ExecutionResult): BatchOutcome {
  const {failure, command, collected, outcome} = result;
  const {directories} = collected;
  return {
    ...settled(progress, item),
    outcome,
    ...(failure === undefined ? {} : {code: failure.code, message: failure.message.slice(0, MESSAGE_LENGTH)}),
    ...(command?.outcome === 'exited' ? {exitStatus: command.status} : {}),
    files: collected.files,
    bytes: collected.bytes,
    ...(directories === undefined ? {} : {directories}),
  };
}

/** How an item ended of which there is no result. */
export function outcomeWithout(
  progress: BatchProgress,
  item: StartedItem,
  outcome: Exclude<BatchOutcome['outcome'], 'succeeded'>,
  {code, message}: {readonly code: string; readonly message: string},
): BatchOutcome {
  return {
    ...settled(progress, item),
    ...{outcome, code, message: message.slice(0, MESSAGE_LENGTH), files: 0, bytes: 0},
  };
}

function settled({batchId, round}: BatchProgress, {index, input}: StartedItem) {
  return {index, id: itemId(batchId, index), input, round};
}

export function addOutcome(progress: BatchProgress, outcome: BatchOutcome): BatchProgress {
  const {counts, failures} = progress;
  const kind = outcome.outcome === 'lost' ? 'failed' : outcome.outcome;
  const isShown = kind === 'failed' && failures.length < BATCH_FAILURES_SHOWN;
  return {
    ...progress,
    counts: {...counts, [kind]: counts[kind] + 1},
    failures: isShown ? [...failures, outcome] : failures,
  };
}

/** The next item of a page of so many is begun. */
export function afterItem(progress: BatchProgress, itemsOfPage: number): BatchProgress {
  const begun = progress.begun + 1;
  const offset = progress.offset + 1;
  if (offset < itemsOfPage) return {...progress, begun, offset};
  return {...progress, begun, page: progress.page + 1, offset: 0};
}

/** The one terminal outcome (P5). `succeeded` is what is left when nothing else holds. */
export function concludeBatch(progress: BatchProgress, endedAt: string): BatchResult {
  const {batchId, cancelled, counts, failures, round, startedAt} = progress;
  const failure = progress.failure ?? itemFailure(counts, failures[0]);
  const onRequest = {code: 'execution.cancelled', message: 'cancelled on request'};
  const why = cancelled ? onRequest : failure;
  return {
    version: 1,
    batchId,
    outcome: cancelled ? 'cancelled' : failure === undefined ? 'succeeded' : 'failed',
    ...(why === undefined ? {} : {failure: why}),
    counts,
    failures: [...failures],
    round,
    startedAt,
    endedAt,
  };
}

function itemFailure(counts: BatchCounts, first: BatchOutcome | undefined): BatchResult['failure'] {
  const without = counts.items - counts.succeeded;
  if (without === 0) return undefined;
  const message = `${without} of ${counts.items} did not succeed`;
  if (first === undefined) return {code: 'batch.incomplete', message};
  return {code: 'batch.incomplete', message: `${message}; the first is ${first.input}: ${first.message ?? ''}`};
}

/** The last word on each item out of the outcomes of all rounds, in any order. */
export function mergeRounds(outcomes: Iterable<BatchOutcome>): ReadonlyMap<number, BatchOutcome> {
  const merged = new Map<number, BatchOutcome>();
  for (const outcome of outcomes) {
    const before = merged.get(outcome.index);
    if (before === undefined || before.round <= outcome.round) merged.set(outcome.index, outcome);
  }
  return merged;
}
