import {type RawBuilder, sql} from 'kysely';
import type {Database} from './connection.js';
import {addToRun} from './retention-runs.js';
import {SCHEMA} from './schema.js';

const artifacts = sql.id(SCHEMA, 'artifacts');

interface Sums {
  readonly artifacts: number;
  readonly bytes: number;
}

/** Files whose records one statement removes: they have to go within its time limit, however many a run has. */
const ROWS = 10_000;

/** The records of files go first, and are counted as they go: whoever is killed between goes on from there. */
export async function forgetExecutions(db: Database, run: string, ids: readonly string[]): Promise<void> {
  while ((await forgetFiles(db, run, ids)) === ROWS);
  await db.transaction().execute(async (transaction) => {
    await sql`
      insert into ${sql.id(SCHEMA, 'removed_executions')} (id, removed_at)
      select id, now() from (${claimed(ids)}) as claimed on conflict (id) do nothing
    `.execute(transaction);
    const gone = await transaction
      .deleteFrom('executions')
      .where('id', 'in', [...ids])
      .where('removing', '=', true)
      .executeTakeFirst();
    await addToRun(transaction, run, {executions: Number(gone.numDeletedRows)});
  });
}

async function forgetFiles(db: Database, run: string, ids: readonly string[]): Promise<number> {
  return await db.transaction().execute(async (transaction) => {
    const {rows} = await sql<Sums>`
      with gone as (
        delete from ${artifacts} where id in (
          select id from ${artifacts} where execution_id in (${claimed(ids)}) limit ${ROWS}
        ) returning stored_size
      )
      select count(*)::integer as artifacts, coalesce(sum(stored_size), 0)::bigint as bytes from gone
    `.execute(transaction);
    await addToRun(transaction, run, rows[0] ?? {});
    return rows[0]?.artifacts ?? 0;
  });
}

function claimed(ids: readonly string[]): RawBuilder<unknown> {
  return sql`select id from ${sql.id(SCHEMA, 'executions')} where id = any(${ids}::text[]) and removing`;
}

export async function forgetArtifacts(db: Database, run: string, ids: readonly string[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const {rows} = await sql<Sums>`
      with gone as (delete from ${artifacts} where id = any(${ids}::text[]) and removing returning stored_size)
      select count(*) as artifacts, coalesce(sum(stored_size), 0)::bigint as bytes from gone
    `.execute(transaction);
    await addToRun(transaction, run, rows[0] ?? {});
  });
}

export async function forgetTickets(db: Database, run: string, cutoff: Date): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const gone = await transaction.deleteFrom('tickets').where('expires_at', '<=', cutoff).executeTakeFirst();
    await addToRun(transaction, run, {tickets: Number(gone.numDeletedRows)});
  });
}

/** Those of the sweeps themselves go with them. */
export async function forgetIds(db: Database, cutoff: Date): Promise<void> {
  await db.deleteFrom('removed_executions').where('removed_at', '<=', cutoff).execute();
  await db.deleteFrom('retention_runs').where('started_at', '<=', cutoff).execute();
}

/** Those of the ids whose records have gone. */
export async function findForgotten(db: Database, ids: readonly string[]): Promise<readonly string[]> {
  const {rows} = await sql<{id: string}>`
    select id from ${sql.id(SCHEMA, 'removed_executions')} removed where id = any(${ids}::text[])
      and not exists (select from ${sql.id(SCHEMA, 'executions')} execution where execution.id = removed.id)
  `.execute(db);
  return rows.map(({id}) => id);
}

export async function wasRemoved(db: Database, id: string): Promise<boolean> {
  const {rows} = await sql<{removed: boolean}>`
    select exists (select from ${sql.id(SCHEMA, 'removed_executions')} where id = ${id})
      or exists (select from ${sql.id(SCHEMA, 'executions')} where id = ${id} and removing) as removed
  `.execute(db);
  return rows[0]?.removed ?? false;
}
