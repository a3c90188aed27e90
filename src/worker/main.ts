import {join} from 'node:path';
import {Client, Connection} from '@temporalio/client';
import {NativeConnection, Worker} from '@temporalio/worker';
import type {Logger} from 'pino';
import {createActivities} from '../../activities/index.js';
import {watchConfigurationFile} from '../config/changed-file.js';
import type {Environment} from '../config/directories.js';
import {loadConfiguration} from '../config/load.js';
import type {Configuration} from '../config/schema.js';
import {temporalConnection} from '../config/temporal-profile.js';
import {WaybillError} from '../contracts/errors.js';
import {acquireFileLock} from '../lock/file-lock.js';
import {loadWorkflowBundle, withEncodedFailures} from './bundle.js';
import {openWorkerDeps, type WorkerDeps} from './deps.js';
import {handOver} from './hand-over.js';
import {createLog} from './log.js';
import {openSweeps} from './open-sweeps.js';
import {patiently} from './patience.js';
import {workerPayloads, type WorkerPayloads} from './payloads.js';
import {ensureRetentionSchedule} from './retention-schedule.js';
import {workflowRuns} from './workflow-end.js';
import {TaskRecords} from './task-records.js';
import {openTelemetry, type Telemetry} from './telemetry.js';

export interface RunWorkerOptions {
  /** Where the search for `waybill.yaml` begins. Default: the current directory. */
  readonly directory?: string;
  /** Default: the environment of this process. */
  readonly environment?: Environment;
  /** Serves this task queue alone. Default: that of the configuration, and those of its targets and stores. */
  readonly taskQueue?: string;
  /** Ends the worker in order: activities write their checkpoints. */
  readonly signal: AbortSignal;
  /** Called when it polls. */
  readonly onReady?: () => void;
}

/**
 * Runs a worker to its end. The state directory is this worker's alone (`worker.state-locked`): what a predecessor had
 * under way when it died is handed over before anything is polled.
 */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const environment = options.environment ?? process.env;
  const directory = options.directory ?? process.cwd();
  const changedFile = watchConfigurationFile(directory, environment);
  const {configuration, unknownVariables} = await loadConfiguration({directory, environment});
  const log = createLog(configuration.log.level);
  if (unknownVariables.length > 0)
    log.warn({variables: unknownVariables}, 'these environment variables are read by nothing');
  const lock = await acquireFileLock(join(configuration.stateDirectory, 'worker.lock'));
  if (!lock) {
    throw new WaybillError('worker.state-locked', `another worker uses ${configuration.stateDirectory}`, {
      path: configuration.stateDirectory,
    });
  }
  let deps: WorkerDeps | undefined;
  let telemetry: Telemetry | undefined;
  try {
    telemetry = openTelemetry(configuration, log);
    const records = new TaskRecords(join(configuration.stateDirectory, 'tasks'), (err) =>
      log.warn({err}, 'what is under way cannot be noted for a successor'),
    );
    const coding = await workerPayloads(configuration);
    const connecting = connect(configuration, coding, environment, log, options.signal);
    const [bundle, opened, {native: connection, client}] = await Promise.all([
      loadWorkflowBundle(),
      openWorkerDeps({
        ...{configuration, environment, changedFile, records, telemetry, signal: options.signal},
        runs: async (id) => workflowRuns((await connecting).client, id),
      }),
      connecting.then(async ({native, client}) => {
        const handed = await handOver(client, configuration.temporal.namespace, coding.payloads, records, log);
        if (handed > 0) log.info({activities: handed}, 'took over from a worker that had died');
        return {native, client};
      }),
    ]);
    deps = opened;
    if (configuration.worker.metrics !== undefined) telemetry.watch(opened.activities.targets);
    await serve(configuration, options, {bundle, coding, deps, connection, client, log});
    records.close();
    await Promise.all([connection.close(), client.connection.close()]);
  } finally {
    await deps?.close();
    telemetry?.close();
    await lock.release();
  }
}

interface Serving {
  readonly bundle: {readonly code: string};
  readonly coding: WorkerPayloads;
  readonly deps: WorkerDeps;
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly log: Logger;
}

async function serve(
  configuration: Configuration,
  options: RunWorkerOptions,
  {bundle, coding, deps, connection, client, log}: Serving,
): Promise<void> {
  const queues = options.taskQueue === undefined ? taskQueues(configuration) : [options.taskQueue];
  const sweeps = openSweeps(configuration, queues, deps.activities, client, log);
  await scheduleRetention(configuration, client, log);
  try {
    const watched = {...deps.activities, targets: sweeps.watching(deps.activities.targets)};
    const {activities, workerOptions} = createActivities(watched, configuration.worker);
    const workers = await Promise.all(
      queues.map((taskQueue) =>
        Worker.create({
          connection,
          namespace: configuration.temporal.namespace,
          taskQueue,
          workflowBundle: coding.payloads.hasCodec ? withEncodedFailures(bundle) : bundle,
          dataConverter: coding.dataConverter,
          activities,
          ...workerOptions,
        }),
      ),
    );
    await poll(workers, options, () => log.info({taskQueues: queues, pid: process.pid}, 'worker ready'));
  } finally {
    await sweeps.close();
  }
}

/** A worker without the right to make schedules works all the same: `waybill doctor` says what is missing. */
async function scheduleRetention(configuration: Configuration, client: Client, log: Logger): Promise<void> {
  try {
    const outcome = await ensureRetentionSchedule(client, configuration);
    if (outcome !== 'unchanged') log.info({schedule: outcome}, 'schedule of the retention sweep');
  } catch (error) {
    log.warn({err: error}, 'the schedule of the retention sweep cannot be made: nothing expires');
  }
}

/** Polls until `signal` fires and everything is in order, or until one worker fails. */
async function poll(
  workers: readonly Worker[],
  {signal, onReady}: RunWorkerOptions,
  onPolling: () => void,
): Promise<void> {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', shutdown, {once: true});
  const running = workers.map((worker) => worker.run());
  if (signal.aborted) shutdown();
  onPolling();
  onReady?.();
  try {
    await Promise.all(running);
  } finally {
    // One that failed must not leave the others running on.
    shutdown();
    await Promise.allSettled(running);
  }
}

function taskQueues({targets, stores, temporal}: Configuration): readonly string[] {
  const named = [...Object.values(targets), ...Object.values(stores)].map(
    (place) => place.taskQueue ?? temporal.taskQueue,
  );
  return [...new Set([temporal.taskQueue, ...named])];
}

async function connect(
  configuration: Configuration,
  {dataConverter}: WorkerPayloads,
  environment: Environment,
  log: Logger,
  signal: AbortSignal,
) {
  const {connectionOptions, namespace} = temporalConnection(configuration, environment);
  const {address} = configuration.temporal;
  return await patiently(`Temporal at ${address}`, log, signal, async () => {
    try {
      const [native, connection] = await Promise.all([
        NativeConnection.connect(connectionOptions),
        Connection.connect(connectionOptions),
      ]);
      return {native, client: new Client({connection, namespace, dataConverter})};
    } catch (cause) {
      throw new WaybillError('client.unreachable', `Temporal does not answer at ${address}`, {path: address, cause});
    }
  });
}
