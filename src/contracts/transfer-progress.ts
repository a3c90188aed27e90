import type {PlannedTransfer, TransferredFiles, UnsettledSegments} from './activities.js';
import {
  addCounts,
  noCounts,
  NOTES_SHOWN,
  type TransferCounts,
  type TransferInput,
  type TransferResult,
} from './transfer.js';

/** What a transfer has come to so far; goes from run to run of the workflow where it continues as new. */
export interface TransferProgress {
  readonly transferId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly planned?: PlannedTransfer;
  /** The first segment that no activity was started for. */
  readonly nextSegment: number;
  readonly done: TransferredFiles;
  readonly unsettled: readonly UnsettledSegments[];
  /** Why a step could not be done. */
  readonly failure?: TransferResult['failure'];
  readonly cancelled: boolean;
}

/** What the query `state` of a transfer answers. */
export interface TransferState {
  readonly step: 'open' | 'plan' | 'copy' | 'close' | 'ended';
  /** Of the plan; absent while it is made. */
  readonly planned?: {readonly entries: number; readonly bytes: number; readonly segments: number};
  /** Of the segments that are over. */
  readonly counts: TransferCounts;
  readonly result?: TransferResult;
}

export function beginTransfer(transferId: string, startedAt: string): TransferProgress {
  return {
    ...{transferId, startedAt, nextSegment: 0, unsettled: [], cancelled: false},
    done: {counts: noCounts, failures: []},
  };
}

export function addFiles(progress: TransferProgress, files: TransferredFiles): TransferProgress {
  return {
    ...progress,
    done: {
      counts: addCounts(progress.done.counts, files.counts),
      failures: [...progress.done.failures, ...files.failures].slice(0, NOTES_SHOWN),
    },
  };
}

/** Segments under way at once: files at once are shared out, and four keep a line and a disk busy. */
export function segmentsAtOnce(input: TransferInput, segments: number): number {
  return Math.max(1, Math.min(4, input.options.parallel, segments));
}

/** Whether no further segment is to be begun: one gave up, or a file failed and the first failure ends the transfer. */
export function stopsHere(progress: TransferProgress, input: TransferInput): boolean {
  return progress.unsettled.length > 0 || (input.options.failFast && progress.done.counts.failed > 0);
}

/** Segments that were never begun, because the transfer stopped before them. */
export function neverBegun(progress: TransferProgress): readonly UnsettledSegments[] {
  const end = progress.planned?.moved === undefined ? (progress.planned?.segments ?? 0) : 0;
  const first = progress.nextSegment;
  if (first >= end) return [];
  const because = progress.unsettled[0]?.message ?? progress.done.failures[0]?.name ?? 'an earlier failure';
  return [{first, end, code: 'transfer.not-tried', message: `not tried, because of ${because}`}];
}

/** How to go on with a copy that did not come to its end: what is unfinished goes with it, what has arrived stays. */
export const COPY_AGAIN =
  'What has arrived stays. The same `waybill copy` with `--overwrite different` sends only what is missing.';

/** The one terminal outcome (P5). `succeeded` is what is left when nothing else holds. */
export function concludeTransfer(progress: TransferProgress, dryRun: boolean, endedAt: string): TransferResult {
  const {planned, transferId, startedAt} = progress;
  const all = planned === undefined ? progress.done : addFiles(progress, planned.lost).done;
  const failure = progress.failure ?? fileFailure(all);
  const cancelled: TransferResult['failure'] = {
    ...{code: 'execution.cancelled', message: 'cancelled on request'},
    remedy: COPY_AGAIN,
  };
  const why = progress.cancelled ? cancelled : failure;
  return {
    version: 1,
    transferId,
    outcome: progress.cancelled ? 'cancelled' : failure === undefined ? 'succeeded' : 'failed',
    ...(why === undefined ? {} : {failure: why}),
    dryRun,
    counts: all.counts,
    failures: [...all.failures],
    warnings: [...(planned?.warnings ?? [])],
    leftOut: planned?.leftOut ?? 0,
    ...(planned === undefined || dryRun
      ? {}
      : {manifest: {prefix: `transfers/${transferId}/manifest-`, pages: planned.segments}}),
    startedAt,
    endedAt,
    durationMs: Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)),
  };
}

function fileFailure({counts, failures}: TransferredFiles): TransferResult['failure'] {
  const [first] = failures;
  if (counts.failed === 0 || first === undefined) return undefined;
  const others = counts.failed - 1;
  const more = others > 0 ? ` (and ${others} more files)` : '';
  return {code: first.code, message: `${first.name}: ${first.message}${more}`};
}
