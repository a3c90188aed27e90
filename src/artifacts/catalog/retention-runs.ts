import {type Kysely, sql} from 'kysely';
import type {CatalogSchema} from './schema.js';
import {storableText} from './storable-text.js';

/** What one sweep has removed, and how it ended. */
export interface RetentionRun {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly failure?: string;
  readonly executions: number;
  readonly artifacts: number;
  readonly bytes: number;
  readonly tickets: number;
  readonly leftovers: number;
}

type Counts = Pick<RetentionRun, 'executions' | 'artifacts' | 'bytes' | 'tickets' | 'leftovers'>;
type Connection = Kysely<CatalogSchema>;

export async function databaseTime(db: Connection): Promise<Date> {
  const {rows} = await sql<{now: Date}>`select clock_timestamp() as now`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL told no time');
  return row.now;
}

export async function beginRun(db: Connection, id: string): Promise<void> {
  await db
    .insertInto('retention_runs')
    .values({id, started_at: sql<Date>`now()`})
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

export async function addToRun(db: Connection, id: string, counts: Partial<Counts>): Promise<void> {
  const {executions = 0, artifacts = 0, bytes = 0, tickets = 0, leftovers = 0} = counts;
  await db
    .updateTable('retention_runs')
    .set((column) => ({
      executions: column('executions', '+', executions),
      artifacts: column('artifacts', '+', artifacts),
      bytes: column('bytes', '+', bytes),
      tickets: column('tickets', '+', tickets),
      leftovers: column('leftovers', '+', leftovers),
    }))
    .where('id', '=', id)
    .execute();
}

export async function endRun(db: Connection, id: string, failure?: string): Promise<void> {
  await db
    .updateTable('retention_runs')
    .set({ended_at: sql<Date>`now()`, failure: failure === undefined ? null : storableText(failure)})
    .where('id', '=', id)
    .execute();
}

export async function getRun(db: Connection, id: string): Promise<RetentionRun | undefined> {
  const row = await db.selectFrom('retention_runs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toRun(row);
}

export async function lastRun(db: Connection): Promise<RetentionRun | undefined> {
  const newest = db.selectFrom('retention_runs').selectAll().orderBy('started_at', 'desc').limit(1);
  const row = await newest.executeTakeFirst();
  return row && toRun(row);
}

function toRun(row: {
  readonly id: string;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly failure: string | null;
  readonly executions: number;
  readonly artifacts: number;
  readonly bytes: number;
  readonly tickets: number;
  readonly leftovers: number;
}): RetentionRun {
  const {id, executions, artifacts, bytes, tickets, leftovers} = row;
  return {
    ...{id, executions, artifacts, bytes, tickets, leftovers},
    startedAt: row.started_at.toISOString(),
    ...(row.ended_at === null ? {} : {endedAt: row.ended_at.toISOString()}),
    ...(row.failure === null ? {} : {failure: row.failure}),
  };
}
