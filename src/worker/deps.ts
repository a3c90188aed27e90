import {mkdir} from 'node:fs/promises';
import type {ActivityDeps} from '../../activities/deps.js';
import {openCatalog} from '../artifacts/catalog/catalog.js';
import {pathTicket} from '../artifacts/ticket.js';
import {machineId} from '../client/machine.js';
import type {Environment} from '../config/directories.js';
import type {Configuration} from '../config/schema.js';
import {WaybillError} from '../contracts/errors.js';
import {postgresConnectionString} from '../embedded/postgres.js';
import {readStack} from '../embedded/stack-file.js';
import {openLocalStore} from '../stores/local/store.js';
import type {Store} from '../stores/store.js';
import {patiently} from './patience.js';
import {openTargetRegistry} from './target-registry.js';
import type {TaskRecords} from './task-records.js';
import type {Telemetry} from './telemetry.js';

export interface WorkerDeps {
  readonly activities: ActivityDeps;
  close(): Promise<void>;
}

/** Opens what the activities need: default store, catalog, targets. Targets are connected when they are first used. */
export async function openWorkerDeps(
  configuration: Configuration,
  environment: Environment,
  records: TaskRecords,
  telemetry: Telemetry,
  signal: AbortSignal,
): Promise<WorkerDeps> {
  const store = openLocalStore({name: 'store', root: configuration.store.path});
  await requireOwnStore(store, configuration.store.path);
  const maxConnections = configuration.catalog.kind === 'postgres' ? configuration.catalog.maxConnections : 5;
  const catalog = await patiently('the catalog', telemetry.log, signal, async () =>
    openCatalog({connectionString: await catalogAddress(configuration, environment), maxConnections}),
  );
  const targets = openTargetRegistry(configuration);
  return {
    activities: {
      store,
      ticket: pathTicket(machineId(), configuration.store.path),
      targets,
      catalog,
      records,
      telemetry,
      taskQueue: configuration.temporal.taskQueue,
      transfer: configuration.transfer,
      retentionDays: configuration.retention.days,
      leftoverDays: configuration.retention.leftoverDays,
    },
    close: async () => {
      await Promise.allSettled([targets.close(), catalog.close(), store.close()]);
    },
  };
}

const HOST_KEY = 'host.json';

/** A local store on a shared disk would look right from two hosts, and each would sweep what the other holds. */
async function requireOwnStore(store: Store, path: string): Promise<void> {
  const own = machineId();
  // Inputs, outputs and logs of everybody's runs: this user's alone.
  await mkdir(path, {recursive: true, mode: 0o700});
  await store.putObject(HOST_KEY, Buffer.from(JSON.stringify({version: 1, machineId: own})), {ifAbsent: true});
  const written = Buffer.from((await store.getObject(HOST_KEY, 4096)) ?? new Uint8Array()).toString();
  if (written.includes(`"${own}"`)) return;
  throw new WaybillError('config.not-this-host', `the default store ${path} is a local directory of another host`, {
    path,
  });
}

async function catalogAddress({catalog, stateDirectory}: Configuration, environment: Environment): Promise<string> {
  if (catalog.kind === 'postgres') {
    const address = environment[catalog.connectionStringEnv];
    if (address !== undefined && address !== '') return address;
    throw new WaybillError(
      'config.invalid',
      `catalog.connectionStringEnv: the environment variable ${catalog.connectionStringEnv} is not set`,
    );
  }
  const stack = await readStack(stateDirectory);
  if (stack?.postgres) return await postgresConnectionString(stack.postgres);
  throw new WaybillError('config.not-this-host', 'the catalog is the embedded one, and no stack runs on this host', {
    path: stateDirectory,
    remedy: 'Start the stack with `waybill dev`, or configure catalog.kind: postgres.',
  });
}
