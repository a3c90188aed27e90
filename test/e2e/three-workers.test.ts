import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import pg from 'pg';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {outputKey} from '../../src/artifacts/keys.js';
import {S3Client} from '../../src/stores/s3/client.js';
import {openS3Store} from '../../src/stores/s3/store.js';
import type {Store} from '../../src/stores/store.js';
import {until} from '../until.js';
import {startMinio} from '../servers/minio.js';
import {freePort} from '../servers/ports.js';
import {type PostgresServer, startPostgres} from '../servers/postgres.js';
import {credentials, type S3Server} from '../servers/s3-server.js';
import {startToxiproxy, type Toxiproxy} from '../servers/toxiproxy.js';
import {digests, makeInputs} from './corpus.js';
import {farClient, type FarClient} from './far-client.js';
import {endTicketSessions, filesIn, historiesOf, rowsOf} from './left-behind.js';
import {OwnWorker} from './own-worker.js';
import {startTestStack, type TestStack, workerReady} from './stack.js';
import {waybillCommand} from './waybill-command.js';

/** Small inputs beside the large one. */
const FILES = Number(process.env['WAYBILL_TEST_FILES'] ?? 200);
/** Of the large input. */
const MEBIBYTES = Number(process.env['WAYBILL_TEST_MEBIBYTES'] ?? 32);
const BUCKET = 'team';
const PREFIX = 'prod';
const SECRET = 'hunter2-three-workers';
const MIB = 1024 * 1024;

let server: S3Server;
let postgres: PostgresServer;
let catalog: string;
let clientLine: Toxiproxy;
let stack: TestStack;
let far: FarClient;
let own: Store;
let workers: readonly OwnWorker[];
let metricsPorts: readonly number[];
const started: string[] = [];
const environment: Record<string, string> = {
  ...{STORE_KEY: credentials.accessKeyId, STORE_SECRET: credentials.secretAccessKey, E2E_SECRET: SECRET},
};

beforeAll(async () => {
  [server, postgres] = await Promise.all([startMinio(), startPostgres()]);
  catalog = await postgres.createDatabase();
  environment['WAYBILL_CATALOG_URL'] = catalog;
  clientLine = await startToxiproxy(server.port);
  stack = await startTestStack({
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
  own = openS3Store({name: 'own', ...server, bucket: BUCKET, prefix: PREFIX});
  far = await farClient(stack.address);
});

afterAll(async () => {
  await endTicketSessions(stack.temporal);
  await Promise.all(workers.map((worker) => worker.stop()));
  await stack.close(started);
  await Promise.all([own.close(), far.remove(), clientLine.close()]);
  await Promise.all([server.close(), postgres.stop()]);
});

function setup() {
  return waybillCommand(stack, stack.directory, ['setup'], {environment});
}

async function openRun(): Promise<string> {
  let id: string | undefined;
  await until('a run', async () => (id = (await far.open()).find((each) => !started.includes(each))) !== undefined);
  if (id === undefined) throw new Error('no run');
  started.push(id);
  return id;
}

async function isUnderWay(id: string, activity: string): Promise<boolean> {
  const {raw} = await stack.temporal.workflow.getHandle(id).describe();
  return (raw.pendingActivities ?? []).some(({activityType, attempt}) => activityType?.name === activity && attempt);
}

/** Inputs that are not finished, as the server holds them. */
async function unfinishedBytes(id: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const {name, size} of own.list(`executions/${id}/partials/upload`)) {
      if (name.endsWith('.partial')) bytes += size;
    }
  } catch {
    // It has not begun.
  }
  return bytes;
}

it('setup makes the bucket and everything else that is missing, and nothing the second time', async () => {
  const first = await setup();
  expect(first.stdout).toMatch(/^changed +bucket: made team$/m);
  expect(first.stdout).toMatch(/^changed +lifecycle rule: deletes tagged outputs 92 days after they were written$/m);
  expect(first.stdout).toMatch(/^changed +search attributes/m);
  const second = await setup();
  expect(second.stdout).not.toMatch(/^changed/m);
  expect(second.stderr).toContain('Nothing had to be changed.');

  metricsPorts = await Promise.all([freePort(), freePort(), freePort()]);
  workers = await Promise.all(
    metricsPorts.map((port, index) =>
      OwnWorker.create(stack, `worker-${index}`, stack.address, {
        ...environment,
        WAYBILL_WORKER_METRICS: `127.0.0.1:${port}`,
      }),
    ),
  );
  await Promise.all(workers.map((worker) => worker.start()));
  await workerReady(stack);
});

it('a client is killed while it sends, a worker in the middle, and all are restarted in turn under load', async () => {
  const small = Array.from({length: FILES}, (_, index) => [`имя ${index}`, index * 50] as const);
  await mkdir(join(far.directory, 'data'));
  await makeInputs(join(far.directory, 'data'), {...Object.fromEntries(small), large: MEBIBYTES * MIB});
  await clientLine.bandwidth(24_000);
  let id = '';
  const script = 'echo "$E2E_SECRET" | wc -c; sleep 6; cp -r data out; ls data | wc -l';
  const killed = await far.run(
    ['run', '--target', 'gpu', '--input', 'data', '--secret-env', 'E2E_SECRET', '--', 'sh', '-c', script],
    async (kill) => {
      id = await openRun();
      await until('two parts are sent', async () => (await unfinishedBytes(id)) >= 16 * MIB);
      kill();
    },
  );
  expect(killed.status).toBeNull();
  await clientLine.heal();

  const load = ['load-1', 'load-2', 'load-3', 'load-4'];
  started.push(...load);
  const command = ['sh', '-c', 'for i in $(seq 8); do echo $i; sleep 1; done; echo made > out.txt'];
  const handles = await Promise.all(load.map((each) => stack.client.start({id: each, target: 'gpu', command})));
  const [first, ...others] = workers;
  const ran = await far.run(['wait', id, '--json'], async () => {
    await until('the command runs', () => isUnderWay(id, 'runCommand'), 120);
    await first?.kill();
    for (const worker of others) {
      await worker.stop();
      await worker.start();
    }
    await first?.start();
  });
  expect(ran.stdout).toMatch(/"event":"send".*"resumedBytes":[1-9]/);
  expect(ran.status, ran.stdout.slice(-2000) + ran.stderr).toBe(0);
  expect(await stack.client.execution(id).result()).toMatchObject({outcome: 'succeeded', starts: 1});
  expect(await digests(join(far.directory, 'out'))).toEqual(await digests(join(far.directory, 'data')));
  for (const handle of handles) {
    expect(await handle.result()).toMatchObject({outcome: 'succeeded', starts: 1, collected: {files: 1}});
  }
});

it('PostgreSQL is killed before a run ends, which goes on and is recorded once when it is back', async () => {
  started.push('outage');
  const command = ['sh', '-c', 'sleep 2; echo 1 > out.txt'];
  const handle = await stack.client.start({id: 'outage', target: 'gpu', command});
  await postgres.kill();
  const made = outputKey('outage', 1, 'out.txt');
  await until('its output is collected', async () => (await own.stat(made).catch(() => undefined)) !== undefined);
  await sleep(1000);
  await postgres.start();
  expect(await handle.result()).toMatchObject({outcome: 'succeeded', warnings: []});
  const client = new pg.Client({connectionString: catalog});
  await client.connect();
  const {rows} = await client.query<object>(
    `select e.id, e.state, count(distinct r.run_id)::integer as runs, count(distinct a.id)::integer as outputs
     from waybill.executions e join waybill.runs r on r.execution_id = e.id
     join waybill.artifacts a on a.execution_id = e.id and a.kind = 'output'
     where e.id = any($1) group by e.id order by e.id`,
    [['outage', 'load-1']],
  );
  await client.end();
  expect(rows).toEqual([
    {id: 'load-1', state: 'succeeded', runs: 1, outputs: 1},
    {id: 'outage', state: 'succeeded', runs: 1, outputs: 1},
  ]);
});

it('the store is down: a run ends soon and by its name, and goes on where it was when it is back', async () => {
  await makeInputs(far.directory, {given: 100_000});
  await server.kill();
  let id = '';
  const before = performance.now();
  const failed = await far.run(
    ['run', '--target', 'gpu', '--input', 'given', '--', 'cp', 'given', 'made'],
    async () => {
      id = await openRun();
    },
  );
  expect(failed.status).toBe(125);
  expect(failed.stderr).toContain('store.unavailable');
  expect(performance.now() - before).toBeLessThan(30_000);
  await server.start();
  const waited = await far.run(['wait', id]);
  expect(waited.stderr).toContain('Downloaded 1 file');
  expect(waited.status).toBe(0);
});

it('outputs have the tag of the lifecycle rule, and those that somebody keeps have not', async () => {
  const client = new S3Client({...server, bucket: BUCKET});
  const tag = async (id: string) => {
    const key = `${PREFIX}/${outputKey(id, 1, 'out.txt')}`;
    const {body} = await client.call({method: 'GET', key, query: {tagging: ''}});
    return /<Value>(\d+)<\/Value>/.exec(body.toString())?.[1];
  };
  expect(await tag('load-1')).toBe('92');
  expect((await far.run(['keep', 'load-1', 'forever'])).status).toBe(0);
  expect(await tag('load-1')).toBeUndefined();
  expect(await tag('load-2')).toBe('92');

  started.push('kept-while-it-runs');
  const handle = await stack.client.start({
    ...{id: 'kept-while-it-runs', target: 'gpu'},
    command: ['sh', '-c', 'sleep 3; echo made > out.txt'],
  });
  await handle.keep('forever');
  await handle.result();
  expect(await tag('kept-while-it-runs')).toBeUndefined();
  client.close();
});

it('no key, signature, password or secret value is in histories, logs, metrics, objects, the catalog or at the client', async () => {
  const forbidden = [
    ...[credentials.secretAccessKey, 'X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Security-Token', SECRET],
    new URL(catalog).password,
  ];
  const histories = await historiesOf(stack.temporal);
  expect(histories).toContain('"sealed"');
  const logs = (await Promise.all(workers.map((worker) => worker.log()))).join('\n');
  expect(logs).toContain('worker ready');
  const metrics = await Promise.all(
    metricsPorts.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  expect(metrics.join('\n')).toContain('waybill_files_total');
  const objects = await filesIn(join(server.directory, BUCKET));
  expect(objects).toContain('given');
  const rows = await rowsOf(catalog);
  expect(rows).toContain('given');
  const states = await filesIn(stack.directory, (name) => !/^(id_|.*_key)/.test(name));
  const client = await filesIn(far.home);
  for (const [where, text] of Object.entries({
    histories,
    logs,
    metrics: metrics.join('\n'),
    objects,
    rows,
    states,
    client,
  })) {
    for (const word of forbidden) expect(text.includes(word), `${word} in ${where}`).toBe(false);
  }
});
