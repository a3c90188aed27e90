import {sql} from 'kysely';
import type {ArtifactSearch, FoundArtifact} from '../../contracts/catalog.js';
import type {Database} from './connection.js';
import {decodeCursor, encodeCursor, executionPosition} from './cursor.js';
import type {PageRequest} from './executions.js';
import {toArtifact} from './list-artifacts.js';
import {namePattern} from './name-pattern.js';

export type SearchRequest = PageRequest & ArtifactSearch;

export interface FoundArtifacts {
  readonly artifacts: readonly FoundArtifact[];
  readonly next?: string;
}

export async function findArtifacts(db: Database, request: SearchRequest): Promise<FoundArtifacts> {
  const {limit, after, pattern, target, kind, olderThanMs, youngerThanMs, expiresWithinMs, executionIds} = request;
  const position = after === undefined ? undefined : decodeCursor(after, executionPosition);
  let query = db
    .selectFrom('artifacts')
    .innerJoin('executions', 'executions.id', 'artifacts.execution_id')
    .selectAll('artifacts')
    .select('executions.target')
    .where('artifacts.removing', '=', false)
    .where('executions.removing', '=', false);
  if (position) {
    const {createdAt, id} = position;
    query = query.where(sql<boolean>`(artifacts.created_at, artifacts.id) < (${createdAt}::timestamptz, ${id})`);
  }
  if (pattern !== undefined) query = query.where(sql<boolean>`artifacts.name ~ ${namePattern(pattern)}`);
  if (target !== undefined) query = query.where('executions.target', '=', target);
  if (executionIds !== undefined) query = query.where('artifacts.execution_id', 'in', executionIds);
  if (kind !== undefined) query = query.where('artifacts.kind', '=', kind);
  if (olderThanMs !== undefined) query = query.where('artifacts.created_at', '<=', fromNow(-olderThanMs));
  if (youngerThanMs !== undefined) query = query.where('artifacts.created_at', '>', fromNow(-youngerThanMs));
  if (expiresWithinMs !== undefined) query = query.where('artifacts.expires_at', '<=', fromNow(expiresWithinMs));
  const rows = await query
    .orderBy('artifacts.created_at', 'desc')
    .orderBy('artifacts.id', 'desc')
    .limit(limit + 1)
    .execute();
  const artifacts = rows.slice(0, limit).map((row) => ({...toArtifact(row), target: row.target}));
  const last = artifacts.at(-1);
  if (rows.length <= limit || last === undefined) return {artifacts};
  return {artifacts, next: encodeCursor({createdAt: last.createdAt, id: last.id})};
}

function fromNow(milliseconds: number) {
  return sql<Date>`now() + ${milliseconds}::double precision * interval '1 millisecond'`;
}
