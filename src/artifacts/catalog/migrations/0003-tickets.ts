import {type Kysely, sql} from 'kysely';
import {SCHEMA} from '../schema.js';

export async function up(db: Kysely<unknown>): Promise<void> {
  // One row for each name and purpose of an execution, however many requests a file takes.
  await sql`alter table ${sql.id(SCHEMA, 'tickets')} add column requests bigint not null default 1`.execute(db);
}
