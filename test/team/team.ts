import {join} from 'node:path';
import {expect} from 'vitest';
import {partialsRoot} from '../../src/artifacts/keys.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {type FarClient, farClient} from '../e2e/far-client.js';
import {endTicketSessions, historiesOf, rowsOf, wordsIn} from '../e2e/left-behind.js';
import {OwnWorker} from '../e2e/own-worker.js';
import {startTestStack, type TestStack, workerReady} from '../e2e/stack.js';
import {waybillCommand} from '../e2e/waybill-command.js';
import {startMinio} from '../servers/minio.js';
import {freePort} from '../servers/ports.js';
import {type PostgresServer, startPostgres} from '../servers/postgres.js';
import {credentials, type S3Server} from '../servers/s3-server.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';
import {until} from '../until.js';

const BUCKET = 'team';
const PREFIX = 'prod';

/** What a team has in production: S3, PostgreSQL, an SSH target, and somebody who reaches Temporal and nothing else. */
export interface Team {
  readonly server: S3Server;
  readonly bucket: string;
  readonly prefix: string;
  readonly postgres: PostgresServer;
  /** Connection string of the catalog, with its password. */
  readonly catalog: string;
  /** Between the client and the store. */
  readonly clientLine: Toxiproxy;
  readonly stack: TestStack;
  readonly far: FarClient;
  /** The store, with its own key. */
  readonly own: Store;
  /** Ids of the runs of this test. */
  readonly started: string[];
  /** None yet where {@link startWorkers} was not called. */
  readonly workers: readonly OwnWorker[];
  /** A command that somebody types at the worker's machine. */
  operator(...args: readonly string[]): ReturnType<typeof waybillCommand>;
  /** Three, each with a state directory of its own; the bucket has to be there. */
  startWorkers(): Promise<void>;
  /** The id of a run that was started from afar after those that are known. */
  openRun(): Promise<string>;
  /** Bytes of the inputs, or the outputs, of a run that are not finished, as the server holds them. */
  unfinishedBytes(id: string, what?: 'inputs' | 'outputs'): Promise<number>;
  /** What every worker counts, as Prometheus reads it. */
  metrics(): Promise<string>;
  close(): Promise<void>;
}

/** Starts everything but the workers; the bucket is for `waybill setup` to make. `secret` is the value of `E2E_SECRET`. */
export async function startTeam(secret: string): Promise<Team> {
  const [server, postgres] = await Promise.all([startMinio(), startPostgres()]);
  const catalog = await postgres.createDatabase();
  const clientLine = await startToxiproxy(server.port);
  const environment = {
    ...{STORE_KEY: credentials.accessKeyId, STORE_SECRET: credentials.secretAccessKey},
    ...{E2E_SECRET: secret, WAYBILL_CATALOG_URL: catalog},
  };
  const stack = await startTestStack({
    worker: false,
    settings: `catalog: {kind: postgres}
store:
  kind: s3
  endpoint: ${server.endpoint}
  publicEndpoint: http://127.0.0.1:${clientLine.port}
  bucket: ${BUCKET}
  prefix: ${PREFIX}
  accessKeyIdEnv: STORE_KEY
  secretAccessKeyEnv: STORE_SECRET
`,
  });
  const own = openS3Store({name: 'own', ...server, bucket: BUCKET, prefix: PREFIX});
  const far = await farClient(stack.address);
  const started: string[] = [];
  const workers: OwnWorker[] = [];
  const metricsPorts = await Promise.all([freePort(), freePort(), freePort()]);
  return {
    ...{server, bucket: BUCKET, prefix: PREFIX, postgres, catalog, clientLine, stack, far, own, started, workers},
    operator: (...args) => waybillCommand(stack, stack.directory, args, {environment}),
    startWorkers: async () => {
      for (const [index, port] of metricsPorts.entries()) {
        const more = {...environment, WAYBILL_WORKER_METRICS: `127.0.0.1:${port}`};
        workers.push(await OwnWorker.create(stack, `worker-${index}`, stack.address, more));
      }
      await Promise.all(workers.map((worker) => worker.start()));
      await workerReady(stack);
    },
    openRun: async () => {
      let id: string | undefined;
      await until('a run', async () => (id = (await far.open()).find((each) => !started.includes(each))) !== undefined);
      if (id === undefined) throw new Error('no run');
      started.push(id);
      return id;
    },
    unfinishedBytes: async (id, what = 'inputs') => {
      const root = partialsRoot(id);
      return await unfinishedBytes(own, what === 'inputs' ? `${root}/upload` : root);
    },
    metrics: async () => {
      const pages = metricsPorts.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
      return (await Promise.all(pages)).join('\n');
    },
    close: async () => {
      await endTicketSessions(stack.temporal);
      await Promise.all(workers.map((worker) => worker.stop()));
      await stack.close(started);
      await Promise.all([own.close(), far.remove(), clientLine.close()]);
      await Promise.all([server.close(), postgres.stop()]);
    },
  };
}

async function unfinishedBytes(store: Store, directory: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const {name, size} of store.list(directory)) {
      if (name.endsWith('.partial')) bytes += size;
    }
  } catch {
    // It has not begun, or the server is away.
  }
  return bytes;
}

/** Fails where a key, a signature, a password or `secret` is in a history, log, metric, object, row or at the client. */
export async function expectNoSecrets(team: Team, secret: string, inputName: string): Promise<void> {
  const {server, bucket, catalog, stack, far, workers} = team;
  const places = {
    histories: {text: await historiesOf(stack.temporal)},
    logs: {text: (await Promise.all(workers.map((worker) => worker.log()))).join('\n')},
    metrics: {text: await team.metrics()},
    objects: {directory: join(server.directory, bucket)},
    rows: {text: await rowsOf(catalog)},
    states: {directory: stack.directory, except: ['id_*', '*_key*']},
    client: {directory: far.home},
  };
  const held = await wordsIn(places, ['"sealed"', 'worker ready', 'waybill_files_total', inputName]);
  expect(held['histories']).toContain('"sealed"');
  expect(held['logs']).toContain('worker ready');
  expect(held['metrics']).toEqual(['waybill_files_total']);
  expect(held['objects']).toContain(inputName);
  expect(held['rows']).toContain(inputName);
  const forbidden = [
    ...[credentials.secretAccessKey, 'X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Security-Token', secret],
    new URL(catalog).password,
  ];
  expect(await wordsIn(places, forbidden)).toEqual({});
}
