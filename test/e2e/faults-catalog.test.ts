import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {recorded} from '../catalog/query.js';
import {type PostgresServer, startPostgres} from '../servers/postgres.js';
import {until} from '../until.js';
import {startTestStack, type TestStack} from './stack.js';

/** Seconds that PostgreSQL is down. */
const OUTAGE_S = Number(process.env['WAYBILL_TEST_OUTAGE_SECONDS'] ?? 5);

let server: PostgresServer;
let connectionString: string;
let stack: TestStack;
const started: string[] = [];
beforeAll(async () => {
  server = await startPostgres();
  connectionString = await server.createDatabase();
  stack = await startTestStack({
    settings: 'catalog: {kind: postgres}\n',
    environment: {WAYBILL_CATALOG_URL: connectionString},
  });
});
afterAll(async () => {
  await stack.close(started);
  await server.stop();
});

it('PostgreSQL killed under running executions: they go on, and each is recorded once when it is back', async () => {
  const ids = ['one', 'two', 'three', 'four'];
  started.push(...ids, 'during');
  const command = ['sh', '-c', 'sleep 3; echo 1 > out.txt'];
  const handles = await Promise.all(ids.map(async (id) => stack.client.start({id, command})));
  await server.kill();
  const killed = Date.now();
  const results = Promise.all(handles.map((handle) => handle.result()));
  const during = stack.client.start({id: 'during', command: ['true']});
  const collected = (id: string) =>
    stat(join(stack.storeRoot, 'executions', id, 'outputs/out.txt')).then(Boolean, () => false);
  await until(
    'every output is collected while PostgreSQL is down',
    async () => (await Promise.all(ids.map(collected))).every(Boolean),
    60,
  );
  await delay(Math.max(0, killed + OUTAGE_S * 1000 - Date.now()));
  await server.start();
  for (const result of await results) expect(result).toMatchObject({outcome: 'succeeded', warnings: []});
  expect(await (await during).result()).toMatchObject({outcome: 'succeeded', starts: 1});
  const once = (id: string, outputs: number) => ({id, state: 'succeeded', runs: 1, outputs});
  const rows = await recorded(connectionString, started);
  expect(rows).toHaveLength(5);
  expect(rows).toEqual(expect.arrayContaining([...ids.map((id) => once(id, 1)), once('during', 0)]));
});
