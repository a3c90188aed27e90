import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import pg from 'pg';
import {WaybillError} from '../contracts/errors.js';
import {type GuardedProcess, spawnGuarded} from './guarded-process.js';
import {freePort, loopback, waitForPort} from './ports.js';
import {postgresAccount, postgresHome, postgresHomePath} from './postgres-account.js';
import {clearPidFile, clusterPassword, ensureCluster, postgresUser} from './postgres-cluster.js';
import {postgresPrograms} from './postgres-programs.js';
import {ready} from './readiness.js';

export const postgresDatabase = 'waybill';

export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Holds the password and nothing else; only the user of the worker can read it. */
  readonly passwordFile: string;
}

export interface PostgresOptions {
  readonly stateDirectory: string;
  /** Default: the port of the last start, or another free one where that is taken. */
  readonly port?: number | undefined;
  readonly signal: AbortSignal;
}

export interface PostgresServer {
  readonly process: GuardedProcess;
  readonly address: PostgresAddress;
}

/** Few connections, small memory; commits are durable (`fsync` and `synchronous_commit` are on). */
const settings = {
  listen_addresses: loopback,
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '32MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  timezone: 'UTC',
};

/**
 * Starts PostgreSQL on the files of `stateDirectory`, creating them the first time. Resolves when the database answers.
 * The caller holds the lock of the state directory. Rejects with `stack.start-failed`.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const directory = join(options.stateDirectory, 'postgres');
  const log = join(options.stateDirectory, 'logs', 'postgres.log');
  await mkdir(directory, {recursive: true, mode: 0o700});
  const account = await postgresAccount();
  const programs = await postgresPrograms(account);
  const home = await postgresHome(options.stateDirectory, account);
  const passwordFile = join(directory, 'password');
  const password = await clusterPassword(passwordFile);
  const data = await ensureCluster(home, programs, password, account);
  await clearPidFile(data);

  const portFile = join(directory, 'port');
  const port = options.port ?? (await freePort(await keptPort(portFile)));
  await writeFile(portFile, `${port}\n`);
  const address = {host: loopback, port, user: postgresUser, database: postgresDatabase, passwordFile};
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = await spawnGuarded({
    command: [programs.postgres, '-D', data, '-p', String(port), ...flags],
    environment: {PATH: process.env['PATH'], LC_ALL: 'C'},
    directory: home,
    ...(account === undefined ? {} : {user: account}),
    output: {file: log},
    ending: {polite: 'INT', forced: 'QUIT'},
  });
  await ready(server, {name: 'PostgreSQL', log, timeoutMs: 60_000, signal: options.signal}, async (signal) => {
    await waitForPort(port, signal);
    await ensureDatabase(address, password, signal);
  });
  return {process: server, address};
}

/** A connection string with the password: a secret. */
export async function postgresConnectionString({
  host,
  port,
  user,
  database,
  passwordFile,
}: PostgresAddress): Promise<string> {
  const password = (await readFile(passwordFile, 'utf8')).trim();
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

/** Removes the database of a state directory with its password. Nothing of it may run. */
export async function removePostgres(stateDirectory: string): Promise<void> {
  await rm(postgresHomePath(stateDirectory, await postgresAccount()), {recursive: true, force: true});
  await rm(join(stateDirectory, 'postgres'), {recursive: true, force: true});
}

/** The port accepts connections before recovery is over: 57P03 says to come back. */
async function ensureDatabase(address: PostgresAddress, password: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const client = new pg.Client({...address, database: 'postgres', password});
    client.on('error', () => undefined);
    try {
      await client.connect();
      const {rowCount} = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [address.database]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(address.database)}`);
      return;
    } catch (error) {
      if (!mayPass(error)) {
        throw new WaybillError('stack.start-failed', `PostgreSQL refuses its own user: ${String(error)}`, {
          cause: error,
          path: address.passwordFile,
        });
      }
    } finally {
      await client.end().catch(() => undefined);
    }
    await delay(25);
  }
}

function mayPass(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === '57P03' || code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === undefined;
}

async function keptPort(path: string): Promise<number | undefined> {
  const port = Number(await readFile(path, 'utf8').catch(() => ''));
  return Number.isInteger(port) && port > 0 ? port : undefined;
}
