import {connect} from './connection.js';
import {translated} from './failures.js';
import {type SchemaState, schemaState} from './migrate.js';
import {databaseTime} from './retention-runs.js';

export interface InspectedCatalog extends SchemaState {
  /** PostgreSQL's clock. */
  readonly time: Date;
}

/** Looks at a catalog without bringing it up to date. Rejects as `openCatalog` does. */
export async function inspectCatalog(connectionString: string): Promise<InspectedCatalog> {
  const db = connect({connectionString, maxConnections: 1, statementTimeoutMs: 10_000});
  try {
    return await translated('answer', async () => ({...(await schemaState(db)), time: await databaseTime(db)}));
  } finally {
    await db.destroy();
  }
}
