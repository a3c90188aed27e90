import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {openCatalog} from '../../src/artifacts/catalog/catalog.js';
import {type PostgresServer, startPostgres} from '../servers/postgres.js';
import {query} from './query.js';

const RELEASED = join(import.meta.dirname, 'released');
const released = (await readdir(RELEASED)).map((file) => file.replace(/\.sql$/, ''));

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** Columns, constraints and indexes, as PostgreSQL itself writes them. */
async function schemaOf(connectionString: string): Promise<unknown> {
  const columns = await query(
    connectionString,
    `select table_name, column_name, data_type, is_nullable, column_default, collation_name
     from information_schema.columns where table_schema = 'waybill' order by 1, 2`,
  );
  const constraints = await query(
    connectionString,
    `select conrelid::regclass::text as of, pg_get_constraintdef(oid) as text from pg_constraint
     where connamespace = 'waybill'::regnamespace order by 1, 2`,
  );
  const indexes = await query(
    connectionString,
    `select indexdef from pg_indexes where schemaname = 'waybill' order by 1`,
  );
  return {columns, constraints, indexes};
}

describe.each(released)('the schema released with %s', (version) => {
  it('becomes that of this version, and what it held is found and does not expire at once', async () => {
    const [fresh, old] = [await server.createDatabase(), await server.createDatabase()];
    await (await openCatalog({connectionString: fresh})).close();
    await query(old, await readFile(join(RELEASED, `${version}.sql`), 'utf8'));
    const catalog = await openCatalog({connectionString: old});
    try {
      expect(await schemaOf(old)).toEqual(await schemaOf(fresh));
      const ended = await catalog.getExecution('ended');
      expect(ended).toMatchObject({state: 'succeeded', outputFiles: 1});
      const {artifacts} = await catalog.listArtifacts({executionId: 'ended', kind: 'output', limit: 10});
      expect(artifacts).toMatchObject([{name: 'out.txt', size: 5, key: 'executions/ended/outputs/out.txt'}]);
      const inSixDays = Date.now() + 6 * 86_400_000;
      for (const date of [ended?.expiresAt, artifacts[0]?.expiresAt]) {
        expect(Date.parse(date ?? '')).toBeGreaterThan(inSixDays);
      }
      expect(await catalog.getExecution('open')).not.toHaveProperty('expiresAt');
      expect(await catalog.getRetryBasis('ended')).toMatchObject({lastResult: {outcome: 'succeeded'}});
    } finally {
      await catalog.close();
    }
  });
});

it('there is a dump for each released version', async () => {
  const changes = await readFile('CHANGELOG.md', 'utf8');
  const versions = [...changes.matchAll(/^## (\d+\.\d+\.\d+)/gm)].map(([, version]) => version);
  expect(released).toEqual(expect.arrayContaining(versions));
});
