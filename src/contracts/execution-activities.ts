import type {Ticket} from './artifacts.js';
import type {CommandEnd, ExecutionInput, ExecutionResult, TransferTotals} from './execution.js';
import type {RunOrigin} from './origin.js';
import type {KeptFor} from './retention.js';

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
  /** Of a retry alone: how the execution ended after the retry was decided on. Nothing is left to do. */
  readonly ended?: ExecutionResult;
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

export interface ExecutionActivities {
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
}
