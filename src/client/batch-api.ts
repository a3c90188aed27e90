import type {
  BatchCounts,
  BatchOutcome,
  BatchRecord,
  BatchRequest,
  BatchResult,
  BatchState,
} from '../contracts/batch.js';
import type {DownloadedFile, DownloadOptions, LocalInput} from './execution-api.js';
import type {WorkflowSummary} from './workflow-summary.js';

/** A file of the caller's machine that an execution of a batch is about. */
export interface BatchFile {
  /** Path on this machine. */
  readonly path: string;
  /** Name below the working directory, `/` between components; stands for `{}` in the command. */
  readonly name: string;
  /** What it goes by, once in a batch, and the directory that its outputs are downloaded to: relative, as `name`. */
  readonly input: string;
  /** In bytes: what is sent together, before its executions begin, is shared out by it. */
  readonly size: number;
}

export interface BatchStart
  extends Pick<
    BatchRequest,
    'label' | 'correlationId' | 'requestedBy' | 'parallel' | 'executionsPerRun' | 'execution'
  > {
  /** Default: made from the label or the command, with random letters. At most 57 characters. */
  readonly id?: string;
  /** One execution each. */
  readonly files: readonly BatchFile[];
  /** Sent for every execution. */
  readonly inputs?: readonly LocalInput[];
  /** The task queue of the workflow. Default `waybill`. */
  readonly taskQueue?: string;
  readonly signal?: AbortSignal;
  /** Called when the batch is recorded, before its files are sent: the first executions run while the others are. */
  readonly onOpen?: (batch: BatchHandle) => void;
  /** Called with the number of files whose inputs are in the store. */
  readonly onSent?: (files: number) => void;
}

export type BatchEvent =
  | {readonly event: 'progress'; readonly state: Omit<BatchState, 'recent' | 'result'>}
  /** One execution has ended; those of earlier rounds come first. */
  | {readonly event: 'item'; readonly outcome: BatchOutcome}
  | {readonly event: 'ended'; readonly result: BatchResult};

export interface BatchDownload {
  readonly outcome: BatchOutcome;
  /** Absolute directory on this machine. */
  readonly into: string;
  readonly files: readonly DownloadedFile[];
}

/** One batch, started or found. */
export interface BatchHandle {
  readonly id: string;
  /** Waits to the end of the round that runs. */
  result(signal?: AbortSignal): Promise<BatchResult>;
  /** Rejects with `batch.not-found` where Temporal has forgotten it: `record` knows longer. */
  state(): Promise<BatchState>;
  record(): Promise<BatchRecord | undefined>;
  /** What goes on, as it happens; ends with `ended`. */
  progress(signal?: AbortSignal): AsyncIterable<BatchEvent>;
  /** How the items ended that have, each with its last word. */
  outcomes(): Promise<readonly BatchOutcome[]>;
  /** Brings the outputs of these here, each below `into` in the directory that its input names. */
  download(outcomes: readonly BatchOutcome[], options: DownloadOptions): Promise<readonly BatchDownload[]>;
  /** Takes up the sending that an earlier process began, with the same files in the same order. */
  sendFiles(files: readonly BatchFile[], inputs: readonly LocalInput[], options?: SendOptions): Promise<void>;
  /**
   * Runs those again that did not succeed, as the next round of the same batch; nothing where all did. Rejects with
   * `execution.open` while the first round runs; a later round that runs is left alone.
   */
  retryFailed(): Promise<RetriedBatch>;
  /** Ends every execution, and removes what was sent for those that had none yet. */
  cancel(): Promise<void>;
}

export interface RetriedBatch {
  readonly round: number;
  /** 0 where everything had succeeded, and nothing was started. */
  readonly items: number;
}

export interface SendOptions {
  readonly signal?: AbortSignal;
  readonly onSent?: (files: number) => void;
}

export interface BatchSummary extends WorkflowSummary {
  readonly label: string;
  readonly target: string;
  /** Of a batch that runs, as they were when its round began. */
  readonly counts: BatchCounts;
}
