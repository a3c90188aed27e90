import {sql, type Transaction} from 'kysely';
import {WaybillError} from '../../contracts/errors.js';
import type {ExecutionInput} from '../../contracts/execution.js';
import type {Database} from './connection.js';
import type {CatalogSchema} from './schema.js';
import {storableText} from './storable-text.js';

export interface OpenRequest {
  readonly executionId: string;
  /** The workflow run that asks. */
  readonly runId: string;
  readonly input: ExecutionInput;
}

/**
 * `same`: this run has asked before, and holds the id. `id-used`: another run holds it, or held it once. `outdated`: the
 * retry was decided on before the last end was recorded.
 */
export type OpenOutcome = 'opened' | 'same' | 'id-used' | 'outdated';

export async function openExecution(db: Database, request: OpenRequest): Promise<OpenOutcome> {
  return await db.transaction().execute(async (transaction) => {
    if (await wasForgotten(transaction, request.executionId)) return 'id-used';
    if (request.input.resume === undefined && (await insertExecution(transaction, request))) {
      await insertRun(transaction, request, 1);
      return 'opened';
    }
    const holder = await transaction
      .selectFrom('executions')
      .select(['generation', 'last_run_id', 'removing'])
      .where('id', '=', request.executionId)
      .forUpdate()
      .executeTakeFirst();
    if (holder === undefined) throw unknown(request.executionId);
    if (await hasRun(transaction, request)) return 'same';
    if (request.input.resume === undefined) return 'id-used';
    if (holder.removing) throw unknown(request.executionId);
    if (await isOutdated(transaction, request, holder.last_run_id)) return 'outdated';
    await reopen(transaction, request, holder.generation, request.input.resume.generation);
    return 'opened';
  });
}

async function insertExecution(transaction: Transaction<CatalogSchema>, request: OpenRequest): Promise<boolean> {
  const {executionId, runId, input} = request;
  const inserted = await transaction
    .insertInto('executions')
    .values({
      id: executionId,
      label: input.label === undefined ? null : storableText(input.label),
      target: input.target,
      command: JSON.stringify(input.command),
      request: JSON.stringify(input),
      state: 'open',
      generation: 1,
      last_run_id: runId,
      // Whole milliseconds: a page ends at one, and the next begins after it.
      created_at: sql<Date>`date_trunc('milliseconds', now())`,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

async function wasForgotten(transaction: Transaction<CatalogSchema>, id: string): Promise<boolean> {
  const found = await transaction.selectFrom('removed_executions').select('id').where('id', '=', id).executeTakeFirst();
  return found !== undefined;
}

async function hasRun(transaction: Transaction<CatalogSchema>, request: OpenRequest): Promise<boolean> {
  const run = await transaction
    .selectFrom('runs')
    .select('run_id')
    .where('execution_id', '=', request.executionId)
    .where('run_id', '=', request.runId)
    .executeTakeFirst();
  return run !== undefined;
}

async function insertRun(
  transaction: Transaction<CatalogSchema>,
  request: OpenRequest,
  generation: number,
): Promise<void> {
  await transaction
    .insertInto('runs')
    .values({execution_id: request.executionId, run_id: request.runId, generation, opened_at: sql<Date>`now()`})
    .execute();
}

/** Items of a batch wait for their turn, and somebody may run one again by itself meanwhile. */
async function isOutdated(
  transaction: Transaction<CatalogSchema>,
  {executionId, input}: OpenRequest,
  lastRunId: string,
): Promise<boolean> {
  const after = input.resume?.after;
  if (after === undefined || (after.ended && after.runId === lastRunId)) return false;
  const last = await transaction
    .selectFrom('runs')
    .select('ended_at')
    .where('execution_id', '=', executionId)
    .where('run_id', '=', lastRunId)
    .executeTakeFirst();
  return last !== undefined && last.ended_at !== null;
}

/**
 * A retry. The earlier run is over, also where its end was never recorded: Temporal runs one of an id at a time. What it
 * makes is kept from its own end on, where somebody chose a date that has passed.
 */
async function reopen(
  transaction: Transaction<CatalogSchema>,
  request: OpenRequest,
  last: number,
  generation: number,
): Promise<void> {
  if (generation !== last && generation !== last + 1) {
    throw new WaybillError('input.invalid', `resume.generation: ${generation} does not follow ${last}.`, {
      path: request.executionId,
      expected: last,
      found: generation,
    });
  }
  await insertRun(transaction, request, generation);
  await transaction
    .updateTable('executions')
    .set({
      state: 'open',
      generation,
      last_run_id: request.runId,
      exit_status: null,
      failure_code: null,
      failure_message: null,
      failure_stage: null,
      ended_at: null,
      kept: sql<boolean>`kept and (expires_at is null or expires_at > now())`,
      expires_at: sql<Date | null>`case when kept and expires_at > now() then expires_at end`,
    })
    .where('id', '=', request.executionId)
    .execute();
}

function unknown(executionId: string): WaybillError {
  return new WaybillError('execution.not-found', `The catalog does not know the execution ${executionId}.`, {
    path: executionId,
  });
}
