import type {ExecutionRecord} from '../contracts/artifacts.js';
import type {ArtifactSearch, FoundArtifact, TargetCheck, TargetSummary, UsageRow} from '../contracts/catalog.js';
import type {BatchHandle, BatchStart, BatchSummary} from './batch-api.js';
import type {ExecutionHandle, StartOptions} from './execution-api.js';
import type {StoreClient} from './places-api.js';
import type {CopyStart, TransferHandle, TransferSummary} from './transfer-api.js';

export type * from './batch-api.js';
export type * from './execution-api.js';
export type * from './places-api.js';
export type * from './transfer-api.js';

/** What an ID names. */
export interface Found {
  readonly kind: 'execution' | 'transfer' | 'batch';
  readonly running: boolean;
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
  /** What is under way ends with `client.closed`, and goes on in the workers. */
  close(): Promise<void>;
}
