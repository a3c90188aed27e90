import type {ArtifactKind, ExecutionRecord} from '../../contracts/artifacts.js';
import type {UsageRow} from '../../contracts/catalog.js';
import type {StoredExecution} from '../stored-execution.js';
import type {TicketIssue} from '../tickets/issue.js';
import {connect} from './connection.js';
import {
  type ExecutionPage,
  getExecution,
  getRetryBasis,
  listExecutions,
  type ListRequest,
  type RetryBasis,
} from './executions.js';
import {translated} from './failures.js';
import {type FinishOutcome, type FinishRequest, finishExecution} from './finish-execution.js';
import {type ArtifactPage, type ArtifactPageRequest, listArtifacts} from './list-artifacts.js';
import {migrate} from './migrate.js';
import {type OpenOutcome, openExecution, type OpenRequest} from './open-execution.js';
import {type ArtifactRow, BATCH_ROWS, type RecordRequest, showGeneration, writeBatch} from './record-artifacts.js';
import {recordTickets} from './record-tickets.js';
import {findArtifacts, type FoundArtifacts, type SearchRequest} from './find-artifacts.js';
import {type KeepOutcome, type KeepRequest, keepExecution} from './keep.js';
import {retentionCatalog, type RetentionCatalog} from './retention.js';
import {restoreExecution, type StoredFiles, storedExecutionOf} from './stored-executions.js';
import {usage} from './usage.js';

export type {ArtifactPage, ArtifactPageRequest} from './list-artifacts.js';
export type {ArtifactRow} from './record-artifacts.js';
export type {ExecutionPage, ListRequest, RetryBasis} from './executions.js';
export type {FinishOutcome, FinishRequest} from './finish-execution.js';
export type {StoredFiles} from './stored-executions.js';
export type {OpenOutcome, OpenRequest} from './open-execution.js';

/**
 * What Waybill knows of executions and their files, also after Temporal has forgotten them. Every method may be called
 * again with the same arguments, at once or later, and comes to the same. Rejects with `catalog.unavailable` (retryable)
 * where PostgreSQL cannot answer now, `catalog.failed` where it refuses.
 */
export interface Catalog {
  /** Takes the id, for the run that asks first. A request with `resume` takes up an id that was used: a retry. */
  openExecution(request: OpenRequest): Promise<OpenOutcome>;
  /** Writes how a run ended. Artifacts come first: the counts of outputs are taken from them. */
  finishExecution(request: FinishRequest): Promise<FinishOutcome>;
  /** Writes rows as they come, 1,000 in one statement; what was written stays when a later one fails. */
  recordArtifacts(
    executionId: string,
    generation: number,
    kind: ArtifactKind,
    rows: Iterable<ArtifactRow> | AsyncIterable<ArtifactRow>,
    options?: RecordOptions,
  ): Promise<void>;
  getExecution(id: string): Promise<ExecutionRecord | undefined>;
  /** The newest first. */
  listExecutions(page: ListRequest): Promise<ExecutionPage>;
  /** Rejects with `execution.not-found` for an id that was never opened. */
  listArtifacts(request: ArtifactPageRequest): Promise<ArtifactPage>;
  getRetryBasis(id: string): Promise<RetryBasis | undefined>;
  /** Decides how long an execution and everything of it is kept from now. Rejects with `execution.not-found`. */
  keepExecution(request: KeepRequest): Promise<KeepOutcome>;
  /** Files of all executions, the newest first. */
  findArtifacts(request: SearchRequest): Promise<FoundArtifacts>;
  /** What the store holds, by target, kind and age. */
  usage(): Promise<readonly UsageRow[]>;
  /** Everything that is to be known to make the record of an execution again. */
  storedExecution(id: string): Promise<StoredExecution | undefined>;
  /**
   * Makes a record again, with those of its files, in one step. False where there is one, which stays as it is, or where
   * the id's was removed.
   */
  restoreExecution(execution: StoredExecution, files: readonly StoredFiles[]): Promise<boolean>;
  /** Adds to what is known of the tickets of a name: one issue for each name and purpose in one call. */
  recordTickets(issues: readonly TicketIssue[]): Promise<void>;
  /** For the sweep. */
  readonly retention: RetentionCatalog;
  close(): Promise<void>;
}

export interface RecordOptions extends Pick<RecordRequest, 'at' | 'createdAt'> {
  /** How long the files are kept that do not say it themselves, in milliseconds; null for ever. Default 30 days. */
  readonly retentionMs?: number | null;
}

export interface CatalogOptions {
  /** `postgres://user:password@host:port/database` */
  readonly connectionString: string;
  /** Default 5. */
  readonly maxConnections?: number;
  /** How long PostgreSQL may take for one statement, in milliseconds. Default 30 s. */
  readonly statementTimeoutMs?: number;
}

const RETENTION_MS = 30 * 86_400_000;

/**
 * Connects and brings the schema up to this version. Rejects with `catalog.schema` where it is newer, and with
 * `config.invalid` where PostgreSQL refuses the connection string.
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const {connectionString, maxConnections = 5, statementTimeoutMs = 30_000} = options;
  const db = connect({connectionString, maxConnections, statementTimeoutMs});
  try {
    await translated('bring the catalog up to date', () => migrate(db, connectionString));
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    openExecution: (request) => translated('open an execution', () => openExecution(db, request)),
    finishExecution: (request) => translated('record the end of an execution', () => finishExecution(db, request)),
    recordArtifacts: async (executionId, generation, kind, rows, {retentionMs = RETENTION_MS, ...more} = {}) => {
      const request = {executionId, generation, kind, retentionMs, ...more};
      const record = <T>(write: () => Promise<T>) => translated('record artifacts', write);
      await record(() => showGeneration(db, request));
      for await (const batch of batches(rows)) await record(() => writeBatch(db, request, batch));
    },
    getExecution: (id) => translated('find an execution', () => getExecution(db, id)),
    listExecutions: (page) => translated('list executions', () => listExecutions(db, page)),
    listArtifacts: (request) => translated('list artifacts', () => listArtifacts(db, request)),
    getRetryBasis: (id) => translated('find an execution', () => getRetryBasis(db, id)),
    keepExecution: (request) => translated('keep an execution', () => keepExecution(db, request)),
    findArtifacts: (request) => translated('find artifacts', () => findArtifacts(db, request)),
    usage: () => translated('add up what is stored', () => usage(db)),
    storedExecution: (id) => translated('find an execution', () => storedExecutionOf(db, id)),
    restoreExecution: (execution, files) =>
      translated('restore an execution', () => restoreExecution(db, execution, files)),
    recordTickets: (issues) => translated('record tickets', () => recordTickets(db, issues)),
    retention: retentionCatalog(db),
    close: () => db.destroy(),
  };
}

async function* batches(rows: Iterable<ArtifactRow> | AsyncIterable<ArtifactRow>): AsyncGenerator<ArtifactRow[]> {
  let batch: ArtifactRow[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
