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
  expires_at: Timestamp;
}

export interface CatalogSchema {
  executions: ExecutionsTable;
  runs: RunsTable;
  artifacts: ArtifactsTable;
}
