import {Migrator, sql} from 'kysely';
import {WaybillError} from '../../contracts/errors.js';
import {connect, type Database} from './connection.js';
import {migrations} from './migrations/index.js';
import {SCHEMA} from './schema.js';

const TABLE = 'migration';
/** A migration may rewrite a large table, or wait for another worker that does. */
const STATEMENT_TIMEOUT_MS = 600_000;

/**
 * Brings the schema to this version, where it is not there yet; several workers may do so at once. Rejects with
 * `catalog.schema` where a later version has been here, or where the database cannot hold every name.
 */
export async function migrate(db: Database, connectionString: string): Promise<void> {
  const applied = await appliedMigrations(db);
  const known = Object.keys(migrations);
  const newer = applied.filter((name) => !known.includes(name));
  if (newer.length > 0) {
    throw new WaybillError('catalog.schema', `The catalog's schema is newer than this version of Waybill.`, {
      expected: known.at(-1) ?? '',
      found: newer.join(', '),
    });
  }
  if (applied.length === known.length) return;
  const patient = connect({connectionString, maxConnections: 1, statementTimeoutMs: STATEMENT_TIMEOUT_MS});
  try {
    await applyMissing(patient);
  } finally {
    await patient.destroy();
  }
}

export interface SchemaState {
  /** Names of migrations, in order. */
  readonly applied: readonly string[];
  readonly missing: readonly string[];
}

/** How far the schema is, without changing anything. */
export async function schemaState(db: Database): Promise<SchemaState> {
  const applied = await appliedMigrations(db);
  return {applied, missing: Object.keys(migrations).filter((name) => !applied.includes(name))};
}

async function applyMissing(db: Database): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: {getMigrations: async () => ({...migrations})},
    migrationTableName: TABLE,
    migrationLockTableName: `${TABLE}_lock`,
    migrationTableSchema: SCHEMA,
    nameComparator: (a, b) => (a < b ? -1 : 1),
  });
  const {error} = await migrator.migrateToLatest();
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error('a migration failed', {cause: error});
}

async function appliedMigrations(db: Database): Promise<readonly string[]> {
  const answer = await sql<{encoding: string; table: string | null}>`
    select current_setting('server_encoding') as encoding, to_regclass(${`${SCHEMA}.${TABLE}`})::text as "table"
  `.execute(db);
  const [database] = answer.rows;
  if (database?.encoding !== 'UTF8') {
    throw new WaybillError('catalog.schema', 'The database of the catalog cannot hold every file name.', {
      expected: 'UTF8',
      found: database?.encoding ?? 'no answer',
      remedy: `Create the database with ENCODING 'UTF8'.`,
    });
  }
  if (database.table === null) return [];
  const applied = await sql<{name: string}>`select name from ${sql.id(SCHEMA, TABLE)}`.execute(db);
  return applied.rows.map(({name}) => name);
}
