import type {BatchCounts, BatchInput, BatchItem, BatchOutcome, BatchResult} from './batch.js';
import type {StartedItem} from './batch-progress.js';
import type {CatalogAnswer, CatalogQuestion} from './catalog.js';
import type {CommandEnd, ExecutionInput, ExecutionResult, TransferTotals} from './execution.js';
import type {Ticket} from './artifacts.js';
import type {RunOrigin} from './origin.js';
import type {KeptFor, RetentionCounts, RetentionNote} from './retention.js';
import type {SealedTickets, TicketRequest, TicketSession} from './tickets.js';
import type {StoreAnswer, StoreQuestion} from './store.js';
import type {TransferCounts, TransferInput, TransferNote, TransferOptions} from './transfer.js';

/** Names one generation of one execution, and the target it runs on. */
export interface GenerationRef {
  readonly executionId: string;
  readonly generation: number;
  readonly target: string;
  /** Absent in requests of workflows that began under an older version. */
  readonly origin?: RunOrigin;
}

export interface OpenedExecution {
  /** Where the activities that touch the target run. */
  readonly taskQueue: string;
  readonly ticket: Ticket;
}

export type Direction = 'stage' | 'collect';

export interface MoveRequest extends GenerationRef {
  readonly direction: Direction;
  /** `stage` only: what the caller has sent and what the worker fetches itself. */
  readonly uploads: boolean;
  readonly locations: ExecutionInput['locations'];
  /** `collect` only. */
  readonly outputs: readonly string[];
  readonly required: readonly string[];
  /** `collect` only, of a workflow that says it. */
  readonly kept?: KeptFor;
}

/** What a plan came to. A plan of one segment is moved and closed by the activity that made it. */
export type PlannedMove =
  | {readonly plan: 'moved'; readonly moved: MovedFiles}
  | {readonly plan: 'segments'; readonly segments: number};

export interface MovedFiles {
  readonly totals: TransferTotals;
  /** The first failures, for the message; all of them are in the manifest. */
  readonly failures: readonly {readonly name: string; readonly code: string; readonly message: string}[];
  /** The first names that were left out because they have no content to carry. */
  readonly warnings: readonly {readonly name: string; readonly code: string; readonly message: string}[];
  /** `collect` only: patterns of `required` that no output matched. */
  readonly missing: readonly string[];
}

export interface RunRequest extends GenerationRef {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly timeoutMs?: number;
}

export interface RunEnd {
  readonly end: CommandEnd;
  /** The target has no such command: its status 127 is not the command's own. */
  readonly commandNotFound: boolean;
  /** When the command was started, by the target's clock; absent where it never was. ISO 8601. */
  readonly startedAt?: string;
}

export interface OpenedTransfer {
  /** Of a worker that reaches every place of the transfer. */
  readonly taskQueue: string;
  /** Segments after which the workflow continues as a new run. */
  readonly segmentsPerRun: number;
}

export interface StoreRequest {
  readonly question: StoreQuestion;
  /** Another worker has said that this one reaches the place. */
  readonly forwarded: boolean;
}

export type StoreReply =
  | {readonly reply: 'answer'; readonly answer: StoreAnswer}
  /** The place belongs to the worker of this task queue. */
  | {readonly reply: 'elsewhere'; readonly taskQueue: string};

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

export interface SweepRequest {
  /** Names the sweep over all runs and attempts of its workflow. */
  readonly sweepId: string;
  /** What had expired by then: ISO 8601. */
  readonly cutoff: string;
  /** These alone, whatever their date. */
  readonly executionIds?: readonly string[];
  /** Executions whose workspaces are gone since the last call. */
  readonly workspacesGone: readonly string[];
  /** Executions that stay for now. */
  readonly passedOver: readonly string[];
  /** Targets that seem to be away: executions with workspaces there stay for now. Default: none. */
  readonly targetsAway?: readonly string[];
}

/** An execution whose workspaces have to go before it does, on the worker that reaches its target. */
export interface WorkspacesOf {
  readonly executionId: string;
  readonly target: string;
  readonly taskQueue: string;
  /** They are 1 to this. */
  readonly generation: number;
}

export interface Swept {
  /** The first that are in the way; none where everything is done. */
  readonly workspaces: readonly WorkspacesOf[];
  readonly left: readonly RetentionNote[];
}

/** The activities that the workflows call, by name. */
export interface WaybillActivities {
  /** Takes the id in the catalog, resolves the target and checks what the configuration allows. */
  readonly openExecution: (request: {
    readonly executionId: string;
    readonly runId: string;
    readonly input: ExecutionInput;
  }) => Promise<OpenedExecution>;
  readonly planMove: (request: MoveRequest) => Promise<PlannedMove>;
  readonly moveSegment: (request: MoveRequest & {readonly segment: number}) => Promise<void>;
  readonly closeMove: (request: MoveRequest & {readonly segments: number}) => Promise<MovedFiles>;
  readonly runCommand: (request: RunRequest) => Promise<RunEnd>;
  /** Writes the outcome and the artifacts into the catalog. */
  readonly recordEnd: (request: {readonly ref: GenerationRef; readonly result: ExecutionResult}) => Promise<void>;
  /** Ends what may still run and removes what the generation left on the target and in the store. */
  readonly cleanUp: (ref: GenerationRef & {readonly keepWorkspace: boolean}) => Promise<void>;
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
  /** Begins a sweep; answers with PostgreSQL's clock. Refuses a store that is not the catalog's. */
  readonly openSweep: (request: Pick<SweepRequest, 'sweepId' | 'executionIds'>) => Promise<{readonly time: string}>;
  /** Removes what has expired by `cutoff`, until nothing is left but what workspaces are in the way of. */
  readonly sweepExpired: (request: SweepRequest) => Promise<Swept>;
  /** Removes what belongs to nothing any more: unfinished files, uploads, journals, tickets, ids. */
  readonly sweepLeftovers: (request: Pick<SweepRequest, 'sweepId' | 'cutoff'>) => Promise<void>;
  readonly closeSweep: (request: {readonly sweepId: string; readonly failure?: string}) => Promise<RetentionCounts>;
  readonly answerCatalog: (question: CatalogQuestion) => Promise<CatalogAnswer>;
  /** Signs the requests of a client, where they are about its execution, and seals what comes of it. */
  readonly issueTickets: (request: {
    readonly session: TicketSession;
    readonly requests: readonly TicketRequest[];
  }) => Promise<SealedTickets>;
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
  readonly answerStore: (request: StoreRequest) => Promise<StoreReply>;
}
