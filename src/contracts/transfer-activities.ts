import type {RunOrigin} from './origin.js';
import type {TransferCounts, TransferInput, TransferNote, TransferOptions} from './transfer.js';

export interface OpenedTransfer {
  /** Of a worker that reaches every place of the transfer. */
  readonly taskQueue: string;
  /** Segments after which the workflow continues as a new run. */
  readonly segmentsPerRun: number;
}

export interface TransferRef {
  readonly transferId: string;
  /** Absent in requests of workflows that began under an older version. */
  readonly origin?: RunOrigin;
  readonly destination: string;
  readonly options: TransferOptions;
}

/** What one segment came to, or several of them. */
export interface TransferredFiles {
  readonly counts: TransferCounts;
  /** The first failures; all of them are in the journal. */
  readonly failures: readonly TransferNote[];
}

export interface PlannedTransfer {
  readonly segments: number;
  readonly entries: number;
  readonly bytes: number;
  /** Names that are left out and fail nothing, and the first of them. */
  readonly leftOut: number;
  readonly warnings: readonly TransferNote[];
  /** Names that cannot be carried, which count as failed files. */
  readonly lost: TransferredFiles;
  /** Set where the planner has moved and closed everything itself, or was not to move anything. */
  readonly moved?: TransferredFiles;
}

/** Segments whose activity ended for good without an answer, or was never begun. */
export interface UnsettledSegments {
  readonly first: number;
  /** The one after the last. */
  readonly end: number;
  readonly code: string;
  readonly message: string;
}

export interface TransferActivities {
  /** Resolves the places of a transfer and checks what the configuration allows. */
  readonly openTransfer: (request: {
    readonly transferId: string;
    readonly input: TransferInput;
  }) => Promise<OpenedTransfer>;
  readonly planTransfer: (request: TransferRef & {readonly sources: readonly string[]}) => Promise<PlannedTransfer>;
  readonly copySegment: (
    request: TransferRef & {readonly segment: number; readonly segmentsAtOnce: number},
  ) => Promise<TransferredFiles>;
  /** Directories get their modes and times; answers with what the unsettled segments came to. */
  readonly closeTransfer: (
    request: TransferRef & {readonly unsettled: readonly UnsettledSegments[]},
  ) => Promise<TransferredFiles>;
  /** Removes unfinished files from the destination; answers with what had arrived of segments that did not end. */
  readonly cleanUpTransfer: (
    request: TransferRef & {readonly interrupted?: readonly number[]},
  ) => Promise<TransferredFiles | undefined>;
}
