import {sql, type Transaction} from 'kysely';
import {WaybillError} from '../../contracts/errors.js';
import type {ExecutionResult} from '../../contracts/execution.js';
import type {Database} from './connection.js';
import {keptUntil, laterOf} from './kept-until.js';
import {type CatalogSchema, SCHEMA} from './schema.js';
import {storableText} from './storable-text.js';

export interface FinishRequest {
  /** The workflow run that has ended. */
  readonly runId: string;
  readonly result: ExecutionResult;
  /** How long it is kept after its end, in milliseconds; null for ever. Default 30 days. */
  readonly keepMs?: number | null;
}

/** `same`: recorded before. `superseded`: a retry has begun since; only the run keeps the result. */
export type FinishOutcome = 'recorded' | 'same' | 'superseded';

export async function finishExecution(db: Database, request: FinishRequest): Promise<FinishOutcome> {
  const {executionId} = request.result;
  return await db.transaction().execute(async (transaction) => {
    const holder = await transaction
      .selectFrom('executions')
      .select(['last_run_id', 'kept'])
      .where('id', '=', executionId)
      .forUpdate()
      .executeTakeFirst();
    const run = await transaction
      .selectFrom('runs')
      .select('ended_at')
      .where('execution_id', '=', executionId)
      .where('run_id', '=', request.runId)
      .executeTakeFirst();
    if (holder === undefined || run === undefined) throw neverOpened(executionId, request.runId);
    if (run.ended_at !== null) return 'same';
    await endRun(transaction, request);
    if (holder.last_run_id !== request.runId) return 'superseded';
    await endExecution(transaction, request.result, request.keepMs);
    await (holder.kept ? keepAll(transaction, executionId) : keepInputs(transaction, executionId));
    return 'recorded';
  });
}

async function endRun(transaction: Transaction<CatalogSchema>, {runId, result}: FinishRequest): Promise<void> {
  await transaction
    .updateTable('runs')
    .set({ended_at: new Date(result.endedAt), generation: result.generation, result: JSON.stringify(result)})
    .where('execution_id', '=', result.executionId)
    .where('run_id', '=', runId)
    .execute();
}

async function endExecution(
  transaction: Transaction<CatalogSchema>,
  result: ExecutionResult,
  keepMs?: number | null,
): Promise<void> {
  const {failure} = result;
  const outputs = await transaction
    .selectFrom('artifacts')
    .select([
      sql<number>`count(*) filter (where type = 'file')`.as('files'),
      sql<number>`coalesce(sum(size), 0)::bigint`.as('bytes'),
    ])
    .where('execution_id', '=', result.executionId)
    .where('kind', '=', 'output')
    .where('generation', '=', result.generation)
    .executeTakeFirstOrThrow();
  await transaction
    .updateTable('executions')
    .set({
      state: result.outcome,
      generation: result.generation,
      exit_status: exitStatus(result),
      failure_code: failure?.code ?? null,
      failure_message: failure === undefined ? null : storableText(failure.message),
      failure_stage: failure?.stage ?? null,
      output_files: outputs.files,
      output_bytes: outputs.bytes,
      ended_at: new Date(result.endedAt),
      kept: sql<boolean>`kept or ${keepMs === null}`,
      expires_at: sql<Date | null>`case
        when kept then greatest(expires_at, case when expires_at is not null then ${laterOf(result.endedAt)} end)
        else ${keptUntil(result.endedAt, keepMs)}
      end`,
    })
    .where('id', '=', result.executionId)
    .execute();
}

/** A retry reads what the first run was given: none of it goes before the rest. */
async function keepInputs(transaction: Transaction<CatalogSchema>, executionId: string): Promise<void> {
  await sql`
    update ${sql.id(SCHEMA, 'artifacts')} artifact
    set expires_at = case when execution.expires_at is null then null
      else greatest(artifact.expires_at, execution.expires_at) end
    from ${sql.id(SCHEMA, 'executions')} execution
    where artifact.execution_id = ${executionId} and execution.id = ${executionId} and artifact.kind = 'input'
      and artifact.expires_at is not null
  `.execute(transaction);
}

/** What was being recorded when somebody chose the date may not have seen it. */
async function keepAll(transaction: Transaction<CatalogSchema>, executionId: string): Promise<void> {
  await sql`
    update ${sql.id(SCHEMA, 'artifacts')} artifact set expires_at = execution.expires_at
    from ${sql.id(SCHEMA, 'executions')} execution
    where artifact.execution_id = ${executionId} and execution.id = ${executionId} and not artifact.removing
      and artifact.expires_at is distinct from execution.expires_at
  `.execute(transaction);
}

/** As a shell shows it. */
export function exitStatus({command}: ExecutionResult): number | null {
  if (command?.outcome === 'exited') return command.status;
  return command?.outcome === 'signalled' ? 128 + command.signal : null;
}

function neverOpened(executionId: string, runId: string): WaybillError {
  return new WaybillError('execution.not-found', `The catalog does not know run ${runId} of ${executionId}.`, {
    path: executionId,
  });
}
