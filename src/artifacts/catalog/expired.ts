import {sql} from 'kysely';
import {WaybillError} from '../../contracts/errors.js';
import type {Database} from './connection.js';
import {SCHEMA} from './schema.js';

export interface ExpiryPage {
  readonly cutoff: Date;
  readonly limit: number;
  /** The last id of the page before. */
  readonly after?: string | undefined;
  /** These alone. */
  readonly executionIds?: readonly string[] | undefined;
}

export interface ExpiredExecution {
  readonly id: string;
  readonly target: string;
  readonly generation: number;
  /** A run of it may have left its workspace on the target. */
  readonly workspace: boolean;
  readonly artifacts: number;
}

export interface ExpiredArtifact {
  readonly id: string;
  readonly executionId: string;
  readonly key: string;
  readonly type: 'file' | 'link' | 'directory';
  readonly log: boolean;
}

const executions = sql.id(SCHEMA, 'executions');
const artifacts = sql.id(SCHEMA, 'artifacts');
const runs = sql.id(SCHEMA, 'runs');

export async function findExpired(db: Database, page: ExpiryPage): Promise<readonly ExpiredExecution[]> {
  const {cutoff, limit, after = '', executionIds} = page;
  const {rows} = await sql<ExpiredExecution>`
    select execution.id, execution.target, execution.generation,
      exists (
        select from ${runs} run where run.execution_id = execution.id
          and (run.result is null or run.result #>> '{failure,stage}' = 'collect')
      ) as workspace,
      (select count(*) from ${artifacts} artifact where artifact.execution_id = execution.id) as artifacts
    from ${executions} execution
    where execution.id > ${after}
      and (${executionIds === undefined} or execution.id = any(${executionIds ?? []}::text[]))
      and (execution.removing or (
        execution.expires_at <= ${cutoff} and execution.state <> 'open' and not exists (
          select from ${artifacts} artifact where artifact.execution_id = execution.id
            and (artifact.expires_at is null or artifact.expires_at > ${cutoff})
        )))
    order by execution.id limit ${limit}
  `.execute(db);
  return rows;
}

export async function claimExecutions(db: Database, ids: readonly string[], cutoff: Date): Promise<readonly string[]> {
  const {rows} = await sql<{id: string}>`
    update ${executions} set removing = true
    where id = any(${ids}::text[]) and (removing or (expires_at <= ${cutoff} and state <> 'open'))
    returning id
  `.execute(db);
  return rows.map(({id}) => id);
}

export async function findExpiredArtifacts(db: Database, page: ExpiryPage): Promise<readonly ExpiredArtifact[]> {
  const {cutoff, limit, after = ''} = page;
  const {rows} = await sql<ExpiredArtifact>`
    select artifact.id, artifact.execution_id as "executionId", artifact.key, artifact.type,
      artifact.kind = 'log' as log
    from ${artifacts} artifact join ${executions} execution on execution.id = artifact.execution_id
    where (artifact.removing or artifact.expires_at <= ${cutoff}) and artifact.id > ${after}
      and execution.state <> 'open' and not execution.removing
    order by artifact.id limit ${limit}
  `.execute(db);
  return rows;
}

export async function claimArtifacts(db: Database, ids: readonly string[], cutoff: Date): Promise<readonly string[]> {
  const {rows} = await sql<{id: string}>`
    update ${artifacts} artifact set removing = true
    from ${executions} execution
    where artifact.id = any(${ids}::text[]) and execution.id = artifact.execution_id and execution.state <> 'open'
      and (artifact.removing or artifact.expires_at <= ${cutoff})
    returning artifact.id
  `.execute(db);
  return rows.map(({id}) => id);
}

export async function findAbandoned(db: Database, page: ExpiryPage): Promise<readonly string[]> {
  const {cutoff, limit, after = ''} = page;
  const {rows} = await sql<{id: string}>`
    select execution.id from ${executions} execution
    where execution.state = 'open' and execution.id > ${after} and not exists (
      select from ${runs} run where run.execution_id = execution.id and run.opened_at > ${cutoff}
    ) order by execution.id limit ${limit}
  `.execute(db);
  return rows.map(({id}) => id);
}

export async function dateAbandoned(db: Database, ids: readonly string[], expiresAt: Date): Promise<void> {
  await sql`
    update ${executions} set state = 'lost', failure_code = 'execution.lost', ended_at = now(),
      failure_message = 'its workflow ended without a word', expires_at = case when kept then expires_at else ${expiresAt} end
    where id = any(${ids}::text[]) and state = 'open'
  `.execute(db);
}

export async function dateUndated(db: Database, expiresAt: Date): Promise<void> {
  await sql`
    update ${executions} set expires_at = ${expiresAt} where state <> 'open' and expires_at is null and not kept
  `.execute(db);
}

export async function requestRemoval(db: Database, id: string): Promise<void> {
  const found = await db.selectFrom('executions').select('state').where('id', '=', id).executeTakeFirst();
  if (found === undefined) {
    throw new WaybillError('execution.not-found', `The catalog does not know the execution ${id}.`, {path: id});
  }
  const {rows} = await sql<{id: string}>`
    update ${executions} set removing = true where id = ${id} and state <> 'open' returning id
  `.execute(db);
  if (rows.length === 0) throw new WaybillError('execution.open', `${id} has not ended.`, {path: id});
}
