import type {StoredExecution} from '../stored-execution.js';
import {executionInput, executionResult} from '../../contracts/execution.js';
import type {Database} from './connection.js';
import {stored} from './executions.js';
import {exitStatus} from './finish-execution.js';
import {type ArtifactRow, BATCH_ROWS, type RecordRequest, writeBatch} from './record-artifacts.js';
import {storableText} from './storable-text.js';

/** What one run of an execution moved, or logged. */
export interface StoredFiles extends Omit<RecordRequest, 'executionId' | 'at'> {
  readonly rows: readonly ArtifactRow[];
}

export async function storedExecutionOf(db: Database, id: string): Promise<StoredExecution | undefined> {
  const row = await db.selectFrom('executions').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const runs = await db.selectFrom('runs').selectAll().where('execution_id', '=', id).orderBy('opened_at').execute();
  return {
    waybill: 'execution',
    version: 1,
    id,
    request: stored(executionInput, row.request, id),
    createdAt: row.created_at.toISOString(),
    runs: runs.map((run) => ({
      runId: run.run_id,
      generation: run.generation,
      openedAt: run.opened_at.toISOString(),
      ...(run.result === null ? {} : {result: stored(executionResult, run.result, id)}),
    })),
    kept: row.kept,
    removing: row.removing,
    expiresAt: row.expires_at?.toISOString() ?? null,
  };
}

/** All of it or nothing: what has a record is not restored a second time. */
export async function restoreExecution(
  db: Database,
  execution: StoredExecution,
  files: readonly StoredFiles[],
): Promise<boolean> {
  const {id, request, runs, createdAt, kept, removing, expiresAt} = execution;
  const last = runs.at(-1);
  const result = last?.result;
  return await db.transaction().execute(async (transaction) => {
    const forgotten = await transaction
      .selectFrom('removed_executions')
      .select('id')
      .where('id', '=', id)
      .executeTakeFirst();
    if (forgotten !== undefined) return false;
    const inserted = await transaction
      .insertInto('executions')
      .values({
        id,
        label: request.label === undefined ? null : storableText(request.label),
        target: request.target,
        command: JSON.stringify(request.command),
        request: JSON.stringify(request),
        state: result?.outcome ?? 'open',
        generation: Math.max(1, ...runs.map((run) => run.generation)),
        last_run_id: last?.runId ?? '',
        exit_status: result === undefined ? null : exitStatus(result),
        failure_code: result?.failure?.code ?? null,
        failure_message: result?.failure === undefined ? null : storableText(result.failure.message),
        failure_stage: result?.failure?.stage ?? null,
        output_files: result?.collected.files ?? 0,
        output_bytes: result?.collected.bytes ?? 0,
        created_at: createdAt,
        ended_at: result?.endedAt ?? null,
        expires_at: expiresAt,
        kept,
        removing,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted === undefined) return false;
    if (runs.length > 0) {
      await transaction
        .insertInto('runs')
        .values(
          runs.map((run) => ({
            execution_id: id,
            run_id: run.runId,
            generation: run.generation,
            opened_at: run.openedAt,
            ended_at: run.result?.endedAt ?? null,
            result: run.result === undefined ? null : JSON.stringify(run.result),
          })),
        )
        .execute();
    }
    for (const {rows, ...request} of files) {
      for (let at = 0; at < rows.length; at += BATCH_ROWS) {
        await writeBatch(transaction, {executionId: id, ...request}, rows.slice(at, at + BATCH_ROWS));
      }
    }
    return true;
  });
}
