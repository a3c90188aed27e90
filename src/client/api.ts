import type {Artifact, ExecutionRecord} from '../contracts/artifacts.js';
import type {
  ArtifactSearch,
  FoundArtifact,
  TargetCheck,
  TargetSummary,
  TransferOutcome,
  UsageRow,
} from '../contracts/catalog.js';
import type {CopyProgress, MoveProgress, RunProgress} from '../contracts/checkpoint.js';
import type {ExecutionRequest, ExecutionResult, KeepFor, StageName} from '../contracts/execution.js';
import type {RetentionResult} from '../contracts/retention.js';
import type {CheckCounts, CheckedName, ListedStoreEntry, StoreEntry} from '../contracts/store.js';
import type {TransferOptionsRequest, TransferRequest, TransferResult} from '../contracts/transfer.js';
import type {TransferState} from '../contracts/transfer-progress.js';
import type {BatchHandle, BatchStart, BatchSummary} from './batch-api.js';
import type {WorkflowSummary} from './workflow-summary.js';

/** A file of the caller's machine that is put into the workspace. */
export interface LocalInput {
  /** Path on this machine. */
  readonly path: string;
  /** Name below the working directory, `/` between components. */
  readonly name: string;
  /** `path` is a directory, and is made there with nothing in it. Default: it is a regular file. */
  readonly directory?: true;
}

export interface StartOptions extends Omit<ExecutionRequest, 'version' | 'uploads' | 'resume'> {
  /** Default: made from the label or the command, with random letters. */
  readonly id?: string;
  readonly inputs?: readonly LocalInput[];
  /** The task queue of the workflow. Default `waybill`. */
  readonly taskQueue?: string;
  readonly signal?: AbortSignal;
  /** Called at most about ten times a second while inputs are sent. */
  readonly onUploadProgress?: (progress: MoveProgress) => void;
}

export type ExecutionEvent =
  | {readonly event: 'stage'; readonly stage: StageName}
  | {readonly event: 'move'; readonly progress: MoveProgress}
  | {readonly event: 'run'; readonly progress: RunProgress}
  | {readonly event: 'retrying'; readonly stage: StageName; readonly attempt: number; readonly reason: string}
  | {readonly event: 'ended'; readonly result: ExecutionResult};

export interface LogChunk {
  /** A command that was lost and is run again writes a new output, from offset 0, as the next generation. */
  readonly generation: number;
  readonly stream: 'stdout' | 'stderr';
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface LogOptions {
  readonly streams?: readonly ('stdout' | 'stderr')[];
  /** Keep reading until the command has ended and everything was read, also of runs that replace a lost one. Default false. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

export interface DownloadOptions {
  /** Directory on this machine; created where it is missing. */
  readonly into: string;
  /** Only outputs that match one of these. Default: all. */
  readonly patterns?: readonly string[];
  /** Replace local files that differ from what the run was given. Default false: they are reported and kept. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: MoveProgress) => void;
}

export type DownloadedFile =
  | {
      readonly outcome: 'downloaded' | 'resumed' | 'unchanged';
      readonly type: Artifact['type'];
      readonly name: string;
      readonly path: string;
      readonly size: number;
      readonly sha256?: string;
    }
  | {
      readonly outcome: 'kept-local';
      readonly type: Artifact['type'];
      readonly name: string;
      readonly path: string;
      readonly size: number;
      readonly savedAs: string;
    }
  | {readonly outcome: 'failed'; readonly name: string; readonly code: string; readonly message: string};

/** One execution, started or found. */
export interface ExecutionHandle {
  readonly id: string;
  /** Waits to the end; also after Temporal has forgotten the workflow. */
  result(signal?: AbortSignal): Promise<ExecutionResult>;
  /** What goes on, as it happens; ends with `ended`. */
  progress(signal?: AbortSignal): AsyncIterable<ExecutionEvent>;
  logs(options?: LogOptions): AsyncIterable<LogChunk>;
  outputs(): AsyncIterable<Artifact>;
  download(options: DownloadOptions): Promise<readonly DownloadedFile[]>;
  cancel(): Promise<void>;
  /** Runs again from the stage that failed; the same id, a new run. */
  retry(): Promise<void>;
  /** Takes up the sending of inputs that an earlier process began. */
  sendInputs(
    inputs: readonly LocalInput[],
    options?: {readonly signal?: AbortSignal; readonly onProgress?: (progress: MoveProgress) => void},
  ): Promise<void>;
  record(): Promise<ExecutionRecord | undefined>;
  /** Decides how long it and its files are kept from now: milliseconds, or for ever. */
  keep(keepFor: KeepFor): Promise<Kept>;
  /** Removes it with everything of it, whatever its date, and waits for that. Rejects with `execution.open`. */
  remove(): Promise<RetentionResult>;
}

export interface Kept {
  /** ISO 8601; absent for ever. */
  readonly expiresAt?: string;
  /** Files that have the new date. */
  readonly artifacts: number;
}

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

/** What an ID names. */
export interface Found {
  readonly kind: 'execution' | 'transfer' | 'batch';
  readonly running: boolean;
}

export interface CheckRequest
  extends Pick<TransferOptionsRequest, 'include' | 'exclude' | 'hidden' | 'symlinks' | 'recursive'> {
  readonly sources: readonly string[];
  readonly destination: string;
  /** What two files have to share beside their size. Default `hash`. */
  readonly by?: 'size' | 'time' | 'hash';
}

export interface CheckResult {
  readonly counts: CheckCounts;
  /** The first entries that are not the same. */
  readonly entries: readonly CheckedName[];
  /** How many more there are. */
  readonly omitted: number;
}

export interface DigestResult {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
  /** Whether the bytes were hashed where they lie or read by the worker. */
  readonly hashed: 'in-place' | 'read-back';
}

/** What is done and told at places, `NAME:path`, below the roots that the worker's configuration allows. */
export interface StoreClient {
  /** By name; a file or link is its own only entry. Rejects with `store.not-found`. */
  list(location: string): AsyncIterable<ListedStoreEntry>;
  stat(location: string): Promise<StoreEntry | undefined>;
  /** Rejects with `store.not-found`, for the root, and without `recursive` for a directory. */
  remove(location: string, options?: {readonly recursive?: boolean}): Promise<void>;
  /** With `parents` makes those too, and takes a directory that exists for made. */
  makeDirectory(location: string, options?: {readonly parents?: boolean; readonly mode?: number}): Promise<void>;
  /** Below one allowed root. `to` with a trailing slash is the directory to put it in. Default: overwrites nothing. */
  rename(location: string, to: string, options?: {readonly overwrite?: boolean}): Promise<void>;
  /** At most 0o1777. */
  chmod(location: string, mode: number): Promise<void>;
  /** The content of a file of at most 16 MiB: all of it passes through Temporal. */
  read(location: string): AsyncIterable<Uint8Array>;
  sha256(location: string): Promise<DigestResult>;
  /** Compares what a copy would make with what is there. */
  check(request: CheckRequest): Promise<CheckResult>;
}

/** What orchestrators and the CLI use. Needs a Temporal address and nothing else. */
export interface WaybillClientApi {
  start(options: StartOptions): Promise<ExecutionHandle>;
  /** Does not ask whether it exists. */
  execution(id: string): ExecutionHandle;
  /** With `batch` only those of that batch, or with false those of none. Default: all. */
  list(options?: {readonly limit?: number; readonly batch?: string | false}): AsyncIterable<ExecutionRecord>;
  /**
   * Starts the workflow `batch`, one execution for each file, and sends the files. Resolves when all are in the store,
   * while the first executions run already.
   */
  startBatch(options: BatchStart): Promise<BatchHandle>;
  /** Does not ask whether it exists. */
  batch(id: string): BatchHandle;
  /** Those that Temporal still knows, the newest first. */
  batches(options?: {readonly limit?: number}): AsyncIterable<BatchSummary>;
  /** Starts the workflow `transfer`. */
  copy(options: CopyStart): Promise<TransferHandle>;
  /** Does not ask whether it exists. */
  transfer(id: string): TransferHandle;
  /** Undefined where Temporal knows nothing of that ID, or not any more. */
  find(id: string): Promise<Found | undefined>;
  /** Those that Temporal still knows, the newest first. */
  transfers(options?: {readonly limit?: number}): AsyncIterable<TransferSummary>;
  /** What is at a place, and what is done there without a copy. */
  readonly places: StoreClient;
  /** Files of all executions, the newest first. */
  artifacts(search?: ArtifactSearch & {readonly limit?: number}): AsyncIterable<FoundArtifact>;
  /** What the default store holds, by target, kind and age. */
  usage(): Promise<readonly UsageRow[]>;
  targets(): Promise<readonly TargetSummary[]>;
  checkTarget(name: string): Promise<readonly TargetCheck[]>;
  close(): Promise<void>;
}
