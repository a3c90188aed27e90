import type {TransferOutcome} from '../contracts/catalog.js';
import type {CopyProgress} from '../contracts/checkpoint.js';
import type {TransferRequest, TransferResult} from '../contracts/transfer.js';
import type {TransferState} from '../contracts/transfer-progress.js';
import type {WorkflowSummary} from './workflow-summary.js';

export interface CopyStart extends Omit<TransferRequest, 'version'> {
  /** Default: made from the label or the first source, with random letters. */
  readonly id?: string;
  /** The task queue of the workflow. Default `waybill`. */
  readonly taskQueue?: string;
}

export type TransferEvent =
  | {readonly event: 'progress'; readonly step: TransferState['step']; readonly progress: CopyProgress}
  | {readonly event: 'retrying'; readonly attempt: number; readonly reason: string}
  | {readonly event: 'ended'; readonly result: TransferResult};

/** What a transfer has come to, and what goes on. */
export interface TransferNow extends TransferState {
  /** False for one without a result that was terminated, or that Temporal gave up. */
  readonly running: boolean;
  /** Absent while nothing moves. */
  readonly progress?: CopyProgress;
  /** Why the attempt before this one ended; absent where the first goes on. */
  readonly retrying?: {readonly attempt: number; readonly reason: string};
}

/** One transfer, started or found. */
export interface TransferHandle {
  readonly id: string;
  /** Waits to the end. */
  result(signal?: AbortSignal): Promise<TransferResult>;
  /** What goes on, as it happens; ends with `ended`. */
  progress(signal?: AbortSignal): AsyncIterable<TransferEvent>;
  state(): Promise<TransferNow>;
  /**
   * What became of each file so far, in the plan's order, then the names that were never planned. From the journal: also
   * of a transfer that was terminated, and after Temporal has forgotten it.
   */
  outcomes(options?: {readonly failed?: boolean}): AsyncIterable<TransferOutcome>;
  cancel(): Promise<void>;
}

export interface TransferSummary extends WorkflowSummary {
  /** As they were given; absent, with `destination`, where the input cannot be read. */
  readonly sources?: readonly string[];
  readonly destination?: string;
}
