import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import pg from 'pg';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {isRecord} from '../../src/config/fields.js';
import {
  type PostgresServer,
  postgresConnectionString,
  removePostgres,
  startPostgres,
} from '../../src/embedded/postgres.js';
import {query as queryDatabase} from '../catalog/query.js';

let stateDirectory: string;
const {signal} = new AbortController();
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'waybill-postgres-'));
});
afterAll(async () => {
  await removePostgres(stateDirectory);
  await rm(stateDirectory, {recursive: true});
});

const query = async ({address}: PostgresServer, statement: string) =>
  await queryDatabase(await postgresConnectionString(address), statement);

test('what was committed survives kill -9, on the same port and password', async () => {
  const first = await startPostgres({stateDirectory, signal});
  await query(first, 'CREATE TABLE kept (value text)');
  await query(first, "INSERT INTO kept VALUES ('before the crash')");
  process.kill(first.process.identity.pid, 'SIGKILL');
  await first.process.exited;

  const second = await startPostgres({stateDirectory, signal});
  expect(second.address).toEqual(first.address);
  expect(await query(second, 'SELECT value FROM kept')).toEqual([{value: 'before the crash'}]);
  expect(await second.process.stop(10_000)).toEqual({code: 0, signal: null});
});

test('it is durable, on loopback alone, and its password is private and in no command line', async () => {
  const server = await startPostgres({stateDirectory, signal});
  const show = async (name: string) => (await query(server, `SELECT current_setting('${name}') AS value`))[0];
  for (const [name, value] of [
    ['fsync', 'on'],
    ['synchronous_commit', 'on'],
    ['listen_addresses', '127.0.0.1'],
    ['data_checksums', 'on'],
  ] as const) {
    expect(await show(name)).toEqual({value});
  }
  const password = (await readFile(server.address.passwordFile, 'utf8')).trim();
  expect(password.length).toBeGreaterThanOrEqual(32);
  expect((await stat(server.address.passwordFile)).mode & 0o777).toBe(0o600);
  const {stdout} = await promisify(execFile)('ps', ['-axww', '-o', 'args=']);
  expect(stdout).toContain(`-p ${server.address.port}`);
  expect(stdout).not.toContain(password);
  const wrong = new pg.Client({...server.address, password: 'wrong'});
  await expect(wrong.connect()).rejects.toMatchObject({code: '28P01'});
  await server.process.stop(10_000);
});

test('a server that nobody recorded is ended before its files are used', async () => {
  const forgotten = await startPostgres({stateDirectory, signal});
  const successor = await startPostgres({stateDirectory, signal});
  await forgotten.process.exited;
  expect(await query(successor, 'SELECT 1 AS value')).toEqual([{value: 1}]);
  await successor.process.stop(10_000);
});

test('a pid file whose pid another program has now does not hinder the start', async () => {
  const server = await startPostgres({stateDirectory, signal});
  const [row] = await query(server, "SELECT current_setting('data_directory') AS value");
  await server.process.stop(10_000);
  const data = String(isRecord(row) ? row['value'] : undefined);
  await writeFile(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1\n5432\n\n127.0.0.1\n`);
  const next = await startPostgres({stateDirectory, signal});
  expect(await next.process.stop(10_000)).toEqual({code: 0, signal: null});
});
