import {type Selectable, sql} from 'kysely';
import type {z} from 'zod';
import type {ExecutionRecord} from '../../contracts/artifacts.js';
import {WaybillError} from '../../contracts/errors.js';
import {
  type ExecutionInput,
  type ExecutionResult,
  executionInput,
  executionResult,
  type StageName,
  stageName,
} from '../../contracts/execution.js';
import type {Database} from './connection.js';
import {decodeCursor, encodeCursor, executionPosition} from './cursor.js';
import type {ExecutionsTable} from './schema.js';

export interface PageRequest {
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface ExecutionPage {
  readonly executions: readonly ExecutionRecord[];
  readonly next?: string;
}

/** What `retry` starts from. */
export interface RetryBasis {
  readonly state: ExecutionRecord['state'];
  /** The request of the first run, as it was checked then. */
  readonly request: ExecutionInput;
  readonly lastGeneration: number;
  readonly lastRunId: string;
  readonly failedStage?: StageName;
  /** How the last run ended; absent where that was never recorded. */
  readonly lastResult?: ExecutionResult;
}

export async function getExecution(db: Database, id: string): Promise<ExecutionRecord | undefined> {
  const row = await db
    .selectFrom('executions')
    .selectAll()
    .where('id', '=', id)
    .where('removing', '=', false)
    .executeTakeFirst();
  return row && toRecord(row);
}

export interface ListRequest extends PageRequest {
  /** Only those of this batch, or only those of none. */
  readonly batch?: string | false;
}

export async function listExecutions(db: Database, {limit, after, batch}: ListRequest): Promise<ExecutionPage> {
  const position = after === undefined ? undefined : decodeCursor(after, executionPosition);
  let query = db
    .selectFrom('executions')
    .selectAll()
    .where('removing', '=', false)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  if (batch === false) query = query.where(sql<boolean>`request->>'batch' is null`);
  if (typeof batch === 'string') query = query.where(sql<boolean>`request->>'batch' = ${batch}`);
  if (position) {
    query = query.where(sql<boolean>`(created_at, id) < (${position.createdAt}::timestamptz, ${position.id})`);
  }
  const rows = await query.limit(limit + 1).execute();
  const executions = rows.slice(0, limit).map((row) => toRecord(row));
  const last = executions.at(-1);
  if (rows.length <= limit || last === undefined) return {executions};
  return {executions, next: encodeCursor({createdAt: last.createdAt, id: last.id})};
}

export async function getRetryBasis(db: Database, id: string): Promise<RetryBasis | undefined> {
  const row = await db
    .selectFrom('executions')
    .leftJoin('runs', (join) =>
      join.onRef('runs.execution_id', '=', 'executions.id').onRef('runs.run_id', '=', 'executions.last_run_id'),
    )
    .select(['request', 'executions.generation', 'last_run_id', 'state', 'failure_stage', 'runs.result'])
    .where('executions.id', '=', id)
    .where('executions.removing', '=', false)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const stage = stageName.safeParse(row.failure_stage);
  return {
    state: row.state,
    request: stored(executionInput, row.request, id),
    lastGeneration: row.generation,
    lastRunId: row.last_run_id,
    ...(stage.success ? {failedStage: stage.data} : {}),
    ...(row.result === null ? {} : {lastResult: stored(executionResult, row.result, id)}),
  };
}

export function stored<T>(shape: z.ZodType<T>, json: unknown, id: string): T {
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new WaybillError('catalog.schema', `The record of ${id} was written by another version.`, {
    path: id,
    cause: parsed.error,
  });
}

function toRecord(row: Selectable<ExecutionsTable>): ExecutionRecord {
  return {
    id: row.id,
    ...(row.label === null ? {} : {label: row.label}),
    target: row.target,
    command: row.command,
    state: row.state,
    generation: row.generation,
    ...(row.exit_status === null ? {} : {exitStatus: row.exit_status}),
    ...(row.failure_code === null ? {} : {failureCode: row.failure_code}),
    ...(row.failure_message === null ? {} : {failureMessage: row.failure_message}),
    ...(row.failure_stage === null ? {} : {failureStage: row.failure_stage}),
    createdAt: row.created_at.toISOString(),
    ...(row.ended_at === null ? {} : {endedAt: row.ended_at.toISOString()}),
    ...(row.expires_at === null ? {} : {expiresAt: row.expires_at.toISOString()}),
    ...(row.kept ? {kept: true} : {}),
    outputFiles: row.output_files,
    outputBytes: row.output_bytes,
  };
}
