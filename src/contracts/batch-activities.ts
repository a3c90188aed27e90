import type {Ticket} from './artifacts.js';
import type {BatchCounts, BatchInput, BatchItem, BatchOutcome, BatchResult} from './batch.js';
import type {StartedItem} from './batch-progress.js';
import type {ExecutionInput, ExecutionResult} from './execution.js';

export interface OpenedBatch {
  /** For what the executions of the batch need. */
  readonly ticket: Ticket;
  /** 1, and one more with each retry. */
  readonly round: number;
  /** Pages of items of this round, and how many of them are there already. */
  readonly pages: number;
  readonly pagesSent: number;
  /** Of earlier rounds: what succeeded is not run again. */
  readonly counts: BatchCounts;
}

/** Names one round of one batch. */
export interface BatchRef {
  readonly batchId: string;
  readonly round: number;
}

/** What is to be done for one item. */
export type PlannedItem = {readonly item: BatchItem} & (
  | {readonly begin: 'start'}
  /** Goes on from an earlier run of its execution. */
  | {readonly begin: 'resume'; readonly resume: NonNullable<ExecutionInput['resume']>}
  /** Has ended meanwhile, or cannot be run again. */
  | {readonly begin: 'settled'; readonly outcome: BatchOutcome}
);

/** An execution that has ended, as Temporal has it. */
export type EndedItem = {readonly item: StartedItem} & (
  | {readonly end: 'result'; readonly result: ExecutionResult}
  | {readonly end: 'cancelled'}
  | {readonly end: 'none'; readonly message: string}
);

export interface BatchActivities {
  /** Takes the id of a batch, or begins its next round, and checks what the configuration allows. */
  readonly openBatch: (request: {
    readonly batchId: string;
    /** Of the first run of the workflow. */
    readonly runId: string;
    readonly input: BatchInput;
  }) => Promise<OpenedBatch>;
  readonly readBatchPage: (request: BatchRef & {readonly page: number}) => Promise<readonly PlannedItem[]>;
  readonly keepBatchOutcomes: (
    request: BatchRef & {readonly page: number; readonly outcomes: readonly BatchOutcome[]},
  ) => Promise<void>;
  /** Waits until at least one of these executions of a batch has ended. */
  readonly awaitExecutions: (
    request: BatchRef & {readonly items: readonly StartedItem[]},
  ) => Promise<readonly EndedItem[]>;
  /** Keeps the result and removes what was sent for items that no execution was opened for. */
  readonly closeBatch: (
    request: BatchRef & {
      readonly result: BatchResult;
      /** The items from `first` to before `end`. */
      readonly never: {readonly first: number; readonly end: number};
    },
  ) => Promise<void>;
}
