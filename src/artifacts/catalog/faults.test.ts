import pg from 'pg';
import {query as queryDatabase} from '../../../test/catalog/query.js';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {type PostgresServer, startPostgres} from '../../../test/servers/postgres.js';
import {freePort} from '../../../test/servers/ports.js';
import {executionInput} from '../../contracts/execution.js';
import type {StoredExecution} from '../stored-execution.js';
import {type ArtifactRow, openCatalog} from './catalog.js';

let server: PostgresServer;
let connectionString: string;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  connectionString = await server.createDatabase();
});

const input = executionInput.parse({command: ['true']});

const query = (statement: string) => queryDatabase(connectionString, statement);

function row(n: number): ArtifactRow {
  return {name: `f${n}`, key: `k/f${n}`, type: 'file', size: 1, mode: 0o600, modifiedAt: 0};
}

describe('PostgreSQL killed with -9', () => {
  test('in the middle of a recording: the attempt fails as retryable, the next one completes it', async () => {
    const catalog = await openCatalog({connectionString});
    await catalog.openExecution({executionId: 'one', runId: 'r', input});
    const rows = async function* (killAt: number) {
      for (let n = 0; n < 5000; n += 1) {
        if (n === killAt) await server.kill();
        yield row(n);
      }
    };
    const first = catalog.recordArtifacts('one', 1, 'output', rows(2500));
    await expect(first).rejects.toMatchObject({code: 'catalog.unavailable', retryable: true});
    const down = catalog.getExecution('one');
    await expect(down).rejects.toMatchObject({code: 'catalog.unavailable', retryable: true});
    await server.start();
    expect(await query('select count(*)::integer as n from waybill.artifacts')).toEqual([{n: 2000}]);
    await catalog.recordArtifacts('one', 1, 'output', rows(-1));
    const page = await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 1000});
    expect(page.totalSizeBytes).toBe(5000);
    await catalog.close();
  });

  test('in the middle of a restoration: nothing of it is there, and the next one has all of it', async () => {
    const catalog = await openCatalog({connectionString});
    const stored: StoredExecution = {
      ...{waybill: 'execution', version: 1, id: 'one', request: input, createdAt: '2026-01-01T00:00:00.000Z'},
      runs: [{runId: 'r', generation: 1, openedAt: '2026-01-01T00:00:00.000Z'}],
      ...{kept: false, removing: false, expiresAt: null},
    };
    const rows = Array.from({length: 2500}, (_, n) => row(n));
    const files = [{generation: 1, kind: 'output', rows, retentionMs: null} as const];
    const other = new pg.Client({connectionString});
    other.on('error', () => undefined);
    await other.connect();
    await other.query('begin; lock table waybill.artifacts in access exclusive mode');
    const first = catalog.restoreExecution(stored, files);
    const broken = expect(first).rejects.toMatchObject({code: 'catalog.unavailable', retryable: true});
    const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    while ((await other.query(waits)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await server.kill();
    await broken;
    await server.start();
    expect(await catalog.getExecution('one')).toBeUndefined();
    expect(await catalog.restoreExecution(stored, files)).toBe(true);
    expect((await catalog.listArtifacts({executionId: 'one', kind: 'output', limit: 1})).totalSizeBytes).toBe(2500);
    await catalog.close();
  });

  test('with a statement under way: it fails as retryable', async () => {
    const catalog = await openCatalog({connectionString});
    const writes = Array.from({length: 20}, async (_, n) =>
      catalog.openExecution({executionId: `e${n}`, runId: 'r', input}),
    );
    await server.kill();
    for (const write of await Promise.allSettled(writes)) {
      if (write.status === 'rejected') expect(write.reason).toMatchObject({code: 'catalog.unavailable'});
    }
    await server.start();
    for (let n = 0; n < 20; n += 1) {
      const outcome = await catalog.openExecution({executionId: `e${n}`, runId: 'r', input});
      expect(['opened', 'same']).toContain(outcome);
    }
    await catalog.close();
  });
});

test('a frozen PostgreSQL is given up on, and used again when it wakes up', async () => {
  const catalog = await openCatalog({connectionString, statementTimeoutMs: 300});
  await server.signal('SIGSTOP');
  try {
    const asked = catalog.getExecution('one');
    await expect(asked).rejects.toMatchObject({code: 'catalog.unavailable', retryable: true});
  } finally {
    await server.signal('SIGCONT');
  }
  expect(await catalog.getExecution('one')).toBeUndefined();
  await catalog.close();
});

test('nothing listens: retryable', async () => {
  const opening = openCatalog({connectionString: `postgres://u:p@127.0.0.1:${await freePort()}/x`});
  await expect(opening).rejects.toMatchObject({code: 'catalog.unavailable', retryable: true});
});

test('a wrong password or database is the configuration, and the password is not shown', async () => {
  const wrongPassword = connectionString.replace(/:[^:@]+@/, ':hunter2@');
  const opening = openCatalog({connectionString: wrongPassword});
  await expect(opening).rejects.toMatchObject({code: 'config.invalid', retryable: false});
  await expect(opening).rejects.not.toThrow(/hunter2/);
  const elsewhere = openCatalog({connectionString: `${connectionString}-absent`});
  await expect(elsewhere).rejects.toMatchObject({code: 'config.invalid'});
});

describe('the schema', () => {
  test('is made once by many workers that start together', async () => {
    const opened = await Promise.all(Array.from({length: 8}, () => openCatalog({connectionString})));
    expect(await query('select name from waybill.migration order by name')).toEqual([
      {name: '0001-executions-and-artifacts'},
      {name: '0002-retention'},
      {name: '0003-tickets'},
    ]);
    await Promise.all(opened.map((catalog) => catalog.close()));
  });

  test('of a later version is refused and left alone', async () => {
    await (await openCatalog({connectionString})).close();
    await query(`insert into waybill.migration values ('0099-from-the-future', '2027-01-01')`);
    const opening = openCatalog({connectionString});
    await expect(opening).rejects.toMatchObject({code: 'catalog.schema', found: '0099-from-the-future'});
  });

  test('whose tables are gone is no outage', async () => {
    const catalog = await openCatalog({connectionString});
    await query('drop table waybill.artifacts');
    const list = catalog.recordArtifacts('one', 1, 'input', [row(1)]);
    await expect(list).rejects.toMatchObject({code: 'catalog.schema', retryable: false});
    await catalog.close();
  });

  test('needs a database that holds every name', async () => {
    await query(`create database narrow encoding 'LATIN1' locale 'C' template template0`);
    const opening = openCatalog({connectionString: connectionString.replace(/[^/]+$/, 'narrow')});
    await expect(opening).rejects.toMatchObject({code: 'catalog.schema', found: 'LATIN1'});
  });
});
