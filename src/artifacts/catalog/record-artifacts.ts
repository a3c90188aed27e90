import {type RawBuilder, sql} from 'kysely';
import type {Artifact, ArtifactKind} from '../../contracts/artifacts.js';
import {WaybillError} from '../../contracts/errors.js';
import {contentTypeOf} from '../content-type.js';
import type {Database} from './connection.js';
import {laterOf} from './kept-until.js';
import {SCHEMA} from './schema.js';

export interface ArtifactRow
  extends Pick<
    Artifact,
    'name' | 'key' | 'type' | 'linkTarget' | 'size' | 'storedSize' | 'compression' | 'sha256' | 'mode'
  > {
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** Default: what the name's extension says. */
  readonly contentType?: string;
  /** How long it is kept, in milliseconds; null for ever. Default: as the others of the request. */
  readonly keepMs?: number | null;
  /** Key of the manifest that names it. */
  readonly manifest?: string;
}

export interface RecordRequest {
  readonly executionId: string;
  readonly generation: number;
  readonly kind: ArtifactKind;
  /** How long each is kept, in milliseconds; null for ever. */
  readonly retentionMs: number | null;
  /**
   * What another clock says it is, ISO 8601: the later of it and PostgreSQL's counts, so that one of them being slow
   * has nothing expire too early.
   */
  readonly at?: string;
  /** When they were made, where that was not now: ISO 8601. */
  readonly createdAt?: string;
}

/** Rows of one statement: enough that a round trip costs nothing, few enough to be held in memory. */
export const BATCH_ROWS = 1000;

/** The range that the ISO form writes with four digits; a file system may hold times far beyond. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Writes one batch in one statement. A row that is there is brought up to date and keeps its id and the date on which it
 * was made. While its execution is open it may expire later, never earlier: a retry has just made it again.
 */
export async function writeBatch(db: Database, request: RecordRequest, rows: readonly ArtifactRow[]): Promise<void> {
  // One statement may touch a row once: of two with the same name the later counts.
  const isOpen = sql`exists (
    select from ${sql.id(SCHEMA, 'executions')} where id = ${request.executionId} and state = 'open')`;
  const update = sql`update set
      key = excluded.key, type = excluded.type, link_target = excluded.link_target, size = excluded.size,
      stored_size = excluded.stored_size, compression = excluded.compression, sha256 = excluded.sha256,
      content_type = excluded.content_type, mode = excluded.mode, modified_at = excluded.modified_at, manifest = excluded.manifest,
      removing = artifact.removing and not ${isOpen},
      expires_at = case when artifact.expires_at is null or not ${isOpen} then artifact.expires_at
        when excluded.expires_at is not null then greatest(artifact.expires_at, excluded.expires_at) end`;
  const batch = [...new Map(rows.map((row) => [row.name, row])).values()];
  for (const row of batch) refuseUnstorable(row);
  await sql`
    insert into ${sql.id(SCHEMA, 'artifacts')} as artifact (
      id, execution_id, generation, kind, name, name_digest, key, type, link_target, size, stored_size,
      compression, sha256, content_type, mode, modified_at, created_at, expires_at, manifest
    )
    select ${artifactId(request)}, ${request.executionId}, ${request.generation}::integer, ${request.kind},
      name, sha256(convert_to(name, 'UTF8')), key, type, link_target, size, stored_size, compression, sha256,
      content_type, mode, timestamptz 'epoch' + modified_ms * interval '1 millisecond',
      coalesce(${request.createdAt ?? null}::timestamptz, date_trunc('milliseconds', now())),
      case when execution.kept then execution.expires_at
        else coalesce(${request.createdAt ?? null}::timestamptz, ${laterOf(request.at)})
          + keep_ms * interval '1 millisecond' end,
      manifest
    from unnest(
      ${batch.map((row) => row.name)}::text[],
      ${batch.map((row) => row.key)}::text[],
      ${batch.map((row) => row.type)}::text[],
      ${batch.map((row) => row.linkTarget ?? null)}::text[],
      ${batch.map((row) => row.size)}::bigint[],
      ${batch.map((row) => row.storedSize ?? row.size)}::bigint[],
      ${batch.map((row) => row.compression ?? null)}::text[],
      ${batch.map((row) => row.sha256 ?? null)}::text[],
      ${batch.map((row) => row.contentType ?? contentTypeOf(row.name))}::text[],
      ${batch.map((row) => row.mode)}::integer[],
      ${batch.map((row) => storableTime(row.modifiedAt))}::bigint[],
      ${batch.map((row) => (row.keepMs === undefined ? request.retentionMs : row.keepMs))}::double precision[],
      ${batch.map((row) => row.manifest ?? null)}::text[]
    ) as given (
      name, key, type, link_target, size, stored_size, compression, sha256, content_type, mode, modified_ms, keep_ms,
      manifest
    )
    -- Where there is none, the foreign key says so.
    left join ${sql.id(SCHEMA, 'executions')} execution on execution.id = ${request.executionId}
    -- Two attempts at once take the rows in the same order, so that neither waits for the other.
    order by name collate "C"
    on conflict (execution_id, generation, kind, name_digest) do ${update}
  `.execute(db);
}

/** Made of what the artifact is: a catalog that is made again from the store has the same ids. */
function artifactId({executionId, generation, kind}: RecordRequest): RawBuilder<string> {
  const of = `${executionId}/${generation}/${kind}/`;
  return sql`'artifact_' || substr(encode(sha256(convert_to(${of} || name, 'UTF8')), 'hex'), 1, 32)::uuid`;
}

/** Outputs and logs of a new generation hide those of the earlier ones from then on. */
export async function showGeneration(db: Database, {executionId, generation, kind}: RecordRequest): Promise<void> {
  if (kind === 'input') return;
  await db
    .updateTable('executions')
    .set({generation})
    .where('id', '=', executionId)
    .where('generation', '<', generation)
    .execute();
}

function refuseUnstorable(row: ArtifactRow): void {
  for (const text of [row.name, row.key, row.linkTarget ?? '']) {
    if (!text.includes('\0') && !/\p{Surrogate}/u.test(text)) continue;
    throw new WaybillError('name.not-carried', `The catalog cannot hold ${JSON.stringify(text)} as it is.`, {
      path: row.name,
    });
  }
}

function storableTime(milliseconds: number): number {
  return Math.min(Math.max(Math.floor(milliseconds), EARLIEST_MS), LATEST_MS);
}
