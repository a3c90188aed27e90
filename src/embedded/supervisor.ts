import {chmod, mkdir} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import type {Environment} from '../config/directories.js';
import {WaybillError} from '../contracts/errors.js';
import {acquireFileLock} from '../lock/file-lock.js';
import {spawnGuarded} from './guarded-process.js';
import {endLeftovers, type ServiceName} from './leftovers.js';
import {loopback, requireFreePort} from './ports.js';
import {startPostgres} from './postgres.js';
import {identityOf, type ProcessIdentity} from './process-identity.js';
import {keepRunning, type Service, type ServiceEvent} from './service.js';
import {readStack, removeStackFile, type StackRecord, writeStackFile} from './stack-file.js';
import {type FindEvent, findTemporal, type TemporalLocation} from './temporal-executable.js';
import {startTemporalServer} from './temporal-server.js';

export type StackEvent =
  | ServiceEvent
  | FindEvent
  | {readonly event: 'temporal-found'; readonly location: TemporalLocation}
  | {readonly event: 'ended-leftovers'; readonly services: readonly ServiceName[]};

export interface StackOptions {
  readonly stateDirectory: string;
  /** Defaults: Temporal 7233, its UI 1000 above that, PostgreSQL the port of its last start or any free one. */
  readonly ports?: {readonly temporal?: number; readonly ui?: number; readonly postgres?: number};
  /** Temporal namespace, created where it is missing. Default `default`. */
  readonly namespace?: string;
  /** The worker's program and arguments, or undefined for a stack without worker. */
  readonly workerCommand?: readonly [string, ...string[]];
  /** Default: the current directory. */
  readonly workerDirectory?: string;
  /** `inherit` shows the worker's output in this terminal. Default: `logs/worker.log` below the state directory. */
  readonly workerOutput?: 'inherit' | 'log';
  /** What the worker gets to finish after SIGTERM, in milliseconds. Default 20,000. */
  readonly workerGraceMs?: number;
  /** Default: the environment of this process. */
  readonly environment?: Environment;
  /** Aborting it before the stack is up undoes the start; afterwards it stops the stack. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: StackEvent) => void;
}

export interface Stack {
  readonly record: StackRecord;
  /** Resolves when everything has ended. */
  readonly stopped: Promise<void>;
  /** Ends worker, PostgreSQL and Temporal, in this order. */
  stop(): Promise<void>;
}

/**
 * Starts Temporal, PostgreSQL and a worker, keeps them running, and ends them with this process, however that ends. The
 * state directory is this stack's alone: `stack.already-running` where another one has it, with its addresses;
 * `stack.port-in-use`; `stack.start-failed`.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stateDirectory = resolve(options.stateDirectory);
  const environment = options.environment ?? process.env;
  const onEvent = options.onEvent ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  await mkdir(stateDirectory, {recursive: true, mode: 0o700});
  await chmod(stateDirectory, 0o700);
  const lock = await acquireFileLock(join(stateDirectory, 'stack.lock'));
  if (lock === undefined) throw await alreadyRunning(stateDirectory);

  const services: Service[] = [];
  const end = async () => {
    for (const service of services.splice(0).reverse()) await service.stop();
    await removeStackFile(stateDirectory);
    await lock.release();
  };
  try {
    const record = await startServices({...options, stateDirectory, environment, onEvent, signal}, services);
    signal.throwIfAborted();
    let stopping: Promise<void> | undefined;
    let finished = () => {};
    const stopped = new Promise<void>((done) => (finished = done));
    const stop = () => (stopping ??= end().finally(finished));
    signal.addEventListener('abort', () => void stop(), {once: true});
    return {record, stopped, stop};
  } catch (error) {
    await end();
    throw error;
  }
}

interface Settled extends StackOptions {
  readonly environment: Environment;
  readonly onEvent: (event: StackEvent) => void;
  readonly signal: AbortSignal;
}

async function startServices(options: Settled, services: Service[]): Promise<StackRecord> {
  const {stateDirectory, environment, onEvent, signal} = options;
  const ended = await endLeftovers(stateDirectory);
  if (ended.length > 0) onEvent({event: 'ended-leftovers', services: ended});

  const supervisor = await identityOf(process.pid);
  if (supervisor === undefined) throw new WaybillError('stack.start-failed', 'this process cannot find itself');
  let record: StackRecord = {version: 1, supervisor};
  const note = async (changes: Partial<StackRecord>) => {
    record = {...record, ...changes};
    await writeStackFile(stateDirectory, record);
  };
  await note({});

  const location = await findTemporal({environment, signal, onEvent});
  onEvent({event: 'temporal-found', location});
  const temporal = addresses(options, location);
  const startTemporal = async () => {
    if (location.kind === 'address') return note({temporal});
    const {port, uiPort} = temporalPorts(options);
    await requireFreePort(port, 'Temporal');
    await requireFreePort(uiPort, "Temporal's UI");
    services.push(
      await keepRunning({
        name: 'temporal',
        graceMs: 10_000,
        onEvent,
        onProcess: (process) => note({temporal: {...temporal, process}}),
        start: (stopping) =>
          startTemporalServer({
            executable: location.path,
            stateDirectory,
            port,
            uiPort,
            namespace: temporal.namespace,
            environment: {...environment},
            signal: AbortSignal.any([stopping, signal]),
          }),
      }),
    );
  };
  await startTemporal();
  await startCatalog(options, services, note);
  await startWorker(options, temporal, services, (process) => note({worker: {process}}));
  return record;
}

async function startCatalog(
  {stateDirectory, ports, onEvent, signal}: Settled,
  services: Service[],
  note: (changes: Partial<StackRecord>) => Promise<void>,
): Promise<void> {
  if (ports?.postgres !== undefined) await requireFreePort(ports.postgres, 'PostgreSQL');
  let postgres: StackRecord['postgres'];
  services.push(
    await keepRunning({
      name: 'postgres',
      graceMs: 10_000,
      onEvent,
      onProcess: (process) => note(postgres === undefined ? {} : {postgres: {...postgres, process}}),
      start: async (stopping) => {
        const started = await startPostgres({
          stateDirectory,
          port: ports?.postgres,
          signal: AbortSignal.any([stopping, signal]),
        });
        postgres = started.address;
        return started.process;
      },
    }),
  );
}

async function startWorker(
  options: Settled,
  temporal: {readonly address: string; readonly namespace: string},
  services: Service[],
  onProcess: (identity: ProcessIdentity) => Promise<void>,
): Promise<void> {
  const {workerCommand: command, stateDirectory} = options;
  if (command === undefined) return;
  services.push(
    await keepRunning({
      name: 'worker',
      graceMs: options.workerGraceMs ?? 20_000,
      onEvent: options.onEvent,
      onProcess,
      start: () =>
        spawnGuarded({
          command,
          directory: options.workerDirectory ?? process.cwd(),
          environment: {
            // glibc keeps freed memory in arenas of many threads, a fifth of what a busy worker takes, and chunks of files
            // too once it has seen some freed.
            MALLOC_ARENA_MAX: '2',
            MALLOC_MMAP_THRESHOLD_: '131072',
            // What of new objects V8 lets grow before it collects, three times, in each thread: a tenth of a busy worker.
            NODE_OPTIONS: '--max-semi-space-size=8',
            ...options.environment,
            TEMPORAL_ADDRESS: temporal.address,
            TEMPORAL_NAMESPACE: temporal.namespace,
            WAYBILL_STATE_DIRECTORY: stateDirectory,
          },
          output: options.workerOutput === 'inherit' ? 'inherit' : {file: join(stateDirectory, 'logs', 'worker.log')},
          ending: {polite: 'TERM', forced: 'KILL'},
        }),
    }),
  );
}

function temporalPorts({ports}: StackOptions): {readonly port: number; readonly uiPort: number} {
  const port = ports?.temporal ?? 7233;
  return {port, uiPort: ports?.ui ?? port + 1000};
}

function addresses(options: Settled, location: TemporalLocation) {
  const namespace = options.namespace ?? 'default';
  if (location.kind === 'address') return {address: location.address, namespace};
  const {port, uiPort} = temporalPorts(options);
  return {address: `${loopback}:${port}`, namespace, uiAddress: `http://${loopback}:${uiPort}`};
}

async function alreadyRunning(stateDirectory: string): Promise<WaybillError> {
  const record = await readStack(stateDirectory);
  const temporal = record?.temporal;
  const where = [
    ...(record === undefined ? [] : [`pid ${record.supervisor.pid}`]),
    ...(temporal === undefined ? [] : [`Temporal ${temporal.address}`]),
    ...(temporal?.uiAddress === undefined ? [] : [`UI ${temporal.uiAddress}`]),
  ].join(', ');
  const details = where === '' ? '' : ` (${where})`;
  return new WaybillError('stack.already-running', `a stack runs on ${stateDirectory} already${details}`, {
    path: stateDirectory,
  });
}
