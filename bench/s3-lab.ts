import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {WaybillClient} from '../src/client/client.js';
import {freePort} from '../src/embedded/ports.js';
import {startStack} from '../src/embedded/supervisor.js';
import {startMinio} from '../test/servers/minio.js';
import type {S3Server} from '../test/servers/s3-server.js';
import {startVersity} from '../test/servers/versity.js';
import {run} from './lab.js';
import {CLI} from './stack.js';
import {workerPolls} from './worker-polls.js';

export const S3_SERVERS = {MinIO: startMinio, Versity: startVersity} as const;
export type S3ServerName = keyof typeof S3_SERVERS;

/**
 * A server of S3 on loopback, a directory of this machine, and a stack whose worker knows them as `bench` and `here`. Its
 * default store is on that server, too.
 */
export interface S3Lab {
  readonly server: S3Server;
  readonly local: string;
  readonly client: WaybillClient;
  /** Of the Temporal server. */
  readonly address: string;
  /** What the keys of the default store begin with. */
  readonly prefix: string;
}

const PREFIX = 'default-store';

export async function withS3Lab<T>(name: S3ServerName, work: (lab: S3Lab) => Promise<T>): Promise<T> {
  await run([process.execPath, 'dev/run-typescript.mjs', 'dev/build.ts']);
  const local = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  const server = await S3_SERVERS[name]();
  try {
    return await withStackOf(local, server, async (client, address) =>
      work({server, local, client, address, prefix: PREFIX}),
    );
  } finally {
    await server.close();
    await rm(local, {recursive: true, force: true});
  }
}

async function withStackOf<T>(
  local: string,
  {endpoint, bucket, credentials}: S3Server,
  work: (client: WaybillClient, address: string) => Promise<T>,
): Promise<T> {
  const stateDirectory = join(local, 'state');
  const workerDirectory = join(local, 'worker');
  await mkdir(workerDirectory);
  const keys = {accessKeyIdEnv: 'BENCH_KEY', secretAccessKeyEnv: 'BENCH_SECRET'};
  const settings = {
    stateDirectory,
    targets: {here: {kind: 'local', roots: [local]}},
    store: {kind: 's3', endpoint, bucket, prefix: PREFIX, ...keys},
    stores: {bench: {kind: 's3', endpoint, bucket, ...keys}},
  };
  await writeFile(join(workerDirectory, 'waybill.yaml'), JSON.stringify(settings));
  const {accessKeyId: BENCH_KEY, secretAccessKey: BENCH_SECRET} = credentials;
  const stack = await startStack({
    ...{stateDirectory, ports: {temporal: await freePort(), ui: await freePort()}, workerDirectory},
    workerCommand: [process.execPath, CLI, 'worker'],
    environment: {...process.env, TEMPORAL_ADDRESS: '', BENCH_KEY, BENCH_SECRET},
  });
  try {
    const {temporal} = stack.record;
    if (temporal === undefined) throw new Error('the stack is not whole');
    await workerPolls(temporal.address);
    const client = await WaybillClient.connect({address: temporal.address});
    try {
      return await work(client, temporal.address);
    } finally {
      await client.close();
    }
  } finally {
    await stack.stop();
  }
}
