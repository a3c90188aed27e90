import {sql} from 'kysely';
import {WaybillError} from '../../contracts/errors.js';
import type {Database} from './connection.js';
import {keptUntil} from './kept-until.js';

export interface KeepRequest {
  readonly executionId: string;
  /** In milliseconds from now; null for ever. */
  readonly keepMs: number | null;
  /** What Temporal says the time is, ISO 8601: the later of it and PostgreSQL's counts. */
  readonly at?: string;
}

export interface KeepOutcome {
  /** Absent for ever. */
  readonly expiresAt?: string;
  /** Files that have the new date. */
  readonly artifacts: number;
}

/** What is being removed already is not taken back: half of its files may be gone. */
export async function keepExecution(db: Database, request: KeepRequest): Promise<KeepOutcome> {
  const {executionId, keepMs, at} = request;
  return await db.transaction().execute(async (transaction) => {
    const kept = await transaction
      .updateTable('executions')
      .set({kept: true, expires_at: keptUntil(at, keepMs)})
      .where('id', '=', executionId)
      .where('removing', '=', false)
      .returning('expires_at')
      .executeTakeFirst();
    if (kept === undefined) {
      throw new WaybillError('execution.not-found', `The catalog does not know the execution ${executionId}.`, {
        path: executionId,
      });
    }
    const artifacts = await transaction
      .updateTable('artifacts')
      .set({expires_at: sql<Date | null>`${kept.expires_at}::timestamptz`})
      .where('execution_id', '=', executionId)
      .where('removing', '=', false)
      .executeTakeFirst();
    return {
      ...(kept.expires_at === null ? {} : {expiresAt: kept.expires_at.toISOString()}),
      artifacts: Number(artifacts.numUpdatedRows),
    };
  });
}
