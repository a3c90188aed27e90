import type {Artifact, ExecutionRecord} from '../contracts/artifacts.js';
import type {MoveProgress, RunProgress} from '../contracts/checkpoint.js';
import type {ExecutionRequest, ExecutionResult, KeepFor, StageName} from '../contracts/execution.js';
import type {RetentionResult} from '../contracts/retention.js';

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
