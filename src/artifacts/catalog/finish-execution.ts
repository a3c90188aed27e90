import {sql, type Transaction} from 'kysely';
import {WaybillError} from '../../contracts/errors.js';
import type {ExecutionResult} from '../../contracts/execution.js';
import type {Database} from './connection.js';
import type {CatalogSchema} from './schema.js';
import {storableText} from './storable-text.js';

export interface FinishRequest {
  /** The workflow run that has ended. */
  readonly runId: string;
  readonly result: ExecutionResult;
}

/** `same`: recorded before. `superseded`: a retry has begun since; only the run keeps the result. */
export type FinishOutcome = 'recorded' | 'same' | 'superseded';

export async function finishExecution(db: Database, request: FinishRequest): Promise<FinishOutcome> {
  const {executionId} = request.result;
  return await db.transaction().execute(async (transaction) => {
    const holder = await transaction
      .selectFrom('executions')
      .select('last_run_id')
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
    await endExecution(transaction, request.result);
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

async function endExecution(transaction: Transaction<CatalogSchema>, result: ExecutionResult): Promise<void> {
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
    })
    .where('id', '=', result.executionId)
    .execute();
}

/** As a shell shows it. */
function exitStatus({command}: ExecutionResult): number | null {
  if (command?.outcome === 'exited') return command.status;
  return command?.outcome === 'signalled' ? 128 + command.signal : null;
}

function neverOpened(executionId: string, runId: string): WaybillError {
  return new WaybillError('execution.not-found', `The catalog does not know run ${runId} of ${executionId}.`, {
    path: executionId,
  });
}
