import pg from 'pg';
import {postgresConnectionString} from '../../src/embedded/postgres.js';
import type {TestStack} from '../e2e/stack.js';

/** Asks a database behind everybody's back, over a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  connectionString: string,
  statement: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({connectionString});
  await client.connect();
  try {
    return (await client.query<Row>(statement, values)).rows;
  } finally {
    await client.end();
  }
}

/** What a catalog holds of an execution: each run and output counts once, however often it was recorded. */
export interface Recorded {
  readonly id: string;
  readonly state: string;
  readonly runs: number;
  readonly outputs: number;
}

/** Of these executions, by their ids. */
export async function recorded(connectionString: string, ids: readonly string[]): Promise<readonly Recorded[]> {
  return await query<Recorded>(
    connectionString,
    `select e.id, e.state, (select count(*)::integer from waybill.runs where execution_id = e.id) as runs,
       (select count(*)::integer from waybill.artifacts where execution_id = e.id and kind = 'output') as outputs
     from waybill.executions e where e.id = any($1) order by e.id`,
    [ids],
  );
}

/** Asks the embedded catalog of a stack. */
export async function queryCatalog<Row extends pg.QueryResultRow>(
  stack: TestStack,
  statement: string,
  values?: unknown[],
): Promise<Row[]> {
  const {postgres} = await stack.record();
  if (!postgres) throw new Error('no PostgreSQL runs');
  return await query<Row>(await postgresConnectionString(postgres), statement, values);
}
