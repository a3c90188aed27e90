import {Kysely, PostgresDialect} from 'kysely';
import pg from 'pg';
import {type CatalogSchema, SCHEMA} from './schema.js';

export type Database = Kysely<CatalogSchema>;

/** The server ends a statement first, so that its connection is free again; the client's limit is for a frozen server. */
const CLIENT_GRACE_MS = 5_000;

const types = new pg.TypeOverrides();
// Sizes and counts stay below 2^53; the driver would hand bigint over as text.
types.setTypeParser(pg.types.builtins.INT8, Number);

export interface ConnectionOptions {
  readonly connectionString: string;
  readonly maxConnections: number;
  /** How long one statement may take, in milliseconds. */
  readonly statementTimeoutMs: number;
}

export function connect(options: ConnectionOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.maxConnections,
    types,
    application_name: 'waybill',
    connectionTimeoutMillis: 5_000,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + CLIENT_GRACE_MS,
    keepAlive: true,
  });
  // A connection that breaks while nothing is asked is replaced at the next question. Without a listener it would end the
  // process: the pool hears of its idle connections, and each connection of itself between the statements of a transaction.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<CatalogSchema>({dialect: new PostgresDialect({pool})}).withSchema(SCHEMA);
}
