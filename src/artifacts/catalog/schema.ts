import type {ColumnType, Generated, JSONColumnType} from 'kysely';
import type {ArtifactKind, ExecutionRecord} from '../../contracts/artifacts.js';

/** The PostgreSQL schema that holds every table, so that the database can be shared with other programs. */
export const SCHEMA = 'waybill';

type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface ExecutionsTable {
  id: string;
  label: string | null;
  target: string;
  command: JSONColumnType<string[]>;
  request: JSONColumnType<object>;
  state: ExecutionRecord['state'];
  generation: number;
  last_run_id: string;
  exit_status: number | null;
  failure_code: string | null;
  failure_message: string | null;
  failure_stage: string | null;
  output_files: Generated<number>;
  output_bytes: Generated<number>;
  created_at: Timestamp;
  ended_at: Timestamp | null;
  /** Null while it is open, and where it is kept forever. */
  expires_at: Timestamp | null;
  kept: Generated<boolean>;
  removing: Generated<boolean>;
}

/** One workflow run of an execution: the first, and one for each `retry`. */
export interface RunsTable {
  execution_id: string;
  run_id: string;
  generation: number;
  opened_at: Timestamp;
  ended_at: Timestamp | null;
  result: JSONColumnType<object> | null;
}

export interface ArtifactsTable {
  id: string;
  execution_id: string;
  generation: number;
  kind: ArtifactKind;
  name: string;
  /** SHA-256 of the name: an index entry holds at most 2,704 bytes, and a name may have 4,096. */
  name_digest: Buffer;
  key: string;
  type: 'file' | 'link' | 'directory';
  link_target: string | null;
  size: number;
  stored_size: number;
  compression: 'gzip' | null;
  sha256: string | null;
  content_type: string;
  mode: number;
  modified_at: Timestamp;
  created_at: Timestamp;
  /** Null where it is kept forever. */
  expires_at: Timestamp | null;
  removing: Generated<boolean>;
  manifest: string | null;
}

/** Ids of executions whose records are gone: an id is used once. */
export interface RemovedExecutionsTable {
  id: string;
  removed_at: Timestamp;
}

/** What clients were let move, of which nothing but the ticket itself is secret: that is not here. One row for each name and purpose. */
export interface TicketsTable {
  id: string;
  execution_id: string;
  purpose: 'upload' | 'download';
  name: string;
  key: string;
  /** Of the largest body that a ticket was for; null for reading. */
  max_bytes: number | null;
  /** The first. */
  issued_at: Timestamp;
  /** The last. */
  expires_at: Timestamp;
  requests: Generated<number>;
}

export interface RetentionRunsTable {
  /** Of the workflow that swept, the first of its runs. */
  id: string;
  started_at: Timestamp;
  ended_at: Timestamp | null;
  failure: string | null;
  executions: Generated<number>;
  artifacts: Generated<number>;
  bytes: Generated<number>;
  tickets: Generated<number>;
  leftovers: Generated<number>;
}

export interface InstallationTable {
  only_one: Generated<boolean>;
  store_id: string;
}

export interface CatalogSchema {
  executions: ExecutionsTable;
  runs: RunsTable;
  artifacts: ArtifactsTable;
  removed_executions: RemovedExecutionsTable;
  tickets: TicketsTable;
  retention_runs: RetentionRunsTable;
  installation: InstallationTable;
}
