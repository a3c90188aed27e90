import pg from 'pg';
import {postgresConnectionString} from '../../src/embedded/postgres.js';
import type {TestStack} from './stack.js';

/** Asks the catalog of a stack behind everybody's back. */
export async function queryCatalog<T extends pg.QueryResultRow>(
  stack: TestStack,
  statement: string,
  values: unknown[] = [],
): Promise<T[]> {
  const {postgres} = await stack.record();
  if (!postgres) throw new Error('no PostgreSQL runs');
  const client = new pg.Client({connectionString: await postgresConnectionString(postgres)});
  await client.connect();
  try {
    return (await client.query<T>(statement, values)).rows;
  } finally {
    await client.end();
  }
}
