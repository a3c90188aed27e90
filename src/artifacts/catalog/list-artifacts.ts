import {type Selectable, sql} from 'kysely';
import type {Artifact, ArtifactKind} from '../../contracts/artifacts.js';
import {WaybillError} from '../../contracts/errors.js';
import type {Database} from './connection.js';
import {artifactPosition, decodeCursor, encodeCursor} from './cursor.js';
import type {PageRequest} from './executions.js';
import type {ArtifactsTable} from './schema.js';

export interface ArtifactPageRequest extends PageRequest {
  readonly executionId: string;
  readonly kind: ArtifactKind;
  /** Default: the latest. Those before it are hidden, not gone. */
  readonly generation?: number;
}

export interface ArtifactPage {
  /** In the order of their names' bytes. */
  readonly artifacts: readonly Artifact[];
  /** Of all pages. */
  readonly totalSizeBytes: number;
  readonly next?: string;
}

export async function listArtifacts(db: Database, request: ArtifactPageRequest): Promise<ArtifactPage> {
  const {executionId, kind, limit, after} = request;
  const position = after === undefined ? undefined : decodeCursor(after, artifactPosition);
  const generation = position?.generation ?? request.generation ?? (await latestGeneration(db, executionId, kind));
  const totalSizeBytes = position?.totalSizeBytes ?? (await totalSize(db, executionId, kind, generation));
  let query = db
    .selectFrom('artifacts')
    .selectAll()
    .where('execution_id', '=', executionId)
    .where('kind', '=', kind)
    .where('generation', '=', generation)
    .where('removing', '=', false);
  if (position) {
    const {name} = position;
    query = query.where(sql<boolean>`(left(name, 500), name) > (left(${name}, 500), ${name})`);
  }
  const rows = await query
    .orderBy(sql`left(name, 500)`)
    .orderBy('name')
    .limit(limit + 1)
    .execute();
  const artifacts = rows.slice(0, limit).map((row) => toArtifact(row));
  const last = artifacts.at(-1);
  if (rows.length <= limit || last === undefined) return {artifacts, totalSizeBytes};
  return {artifacts, totalSizeBytes, next: encodeCursor({generation, totalSizeBytes, name: last.name})};
}

/** A new generation takes over the inputs of the first where it was not given any. */
async function latestGeneration(db: Database, id: string, kind: ArtifactKind): Promise<number> {
  const execution = await db.selectFrom('executions').select('generation').where('id', '=', id).executeTakeFirst();
  if (execution === undefined) {
    throw new WaybillError('execution.not-found', `The catalog does not know the execution ${id}.`, {path: id});
  }
  if (kind !== 'input') return execution.generation;
  const recorded = await db
    .selectFrom('artifacts')
    .select((select) => select.fn.max('generation').as('latest'))
    .where('execution_id', '=', id)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return recorded?.latest ?? execution.generation;
}

async function totalSize(db: Database, id: string, kind: ArtifactKind, generation: number): Promise<number> {
  const sum = await db
    .selectFrom('artifacts')
    .select(sql<number>`coalesce(sum(size), 0)::bigint`.as('bytes'))
    .where('execution_id', '=', id)
    .where('kind', '=', kind)
    .where('generation', '=', generation)
    .where('removing', '=', false)
    .executeTakeFirstOrThrow();
  return sum.bytes;
}

export function toArtifact(row: Selectable<ArtifactsTable>): Artifact {
  return {
    id: row.id,
    executionId: row.execution_id,
    kind: row.kind,
    name: row.name,
    key: row.key,
    type: row.type,
    ...(row.link_target === null ? {} : {linkTarget: row.link_target}),
    size: row.size,
    ...(row.compression === null ? {} : {storedSize: row.stored_size, compression: row.compression}),
    ...(row.sha256 === null ? {} : {sha256: row.sha256}),
    contentType: row.content_type,
    mode: row.mode,
    modifiedAt: row.modified_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    ...(row.expires_at === null ? {} : {expiresAt: row.expires_at.toISOString()}),
    ...(row.manifest === null ? {} : {manifest: row.manifest}),
  };
}
