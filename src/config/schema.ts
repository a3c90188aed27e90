import {z} from 'zod';
import {targetName} from '../contracts/ids.js';
import {compressionSettings} from './compression-schema.js';
import {defaultS3Store, s3Store} from './store-schema.js';
import {sshTarget, localTarget} from './target-schema.js';
import {transferSettings} from './transfer-schema.js';
import {computedDefault, environmentName, localPath} from './field-kinds.js';
import {workerSettings} from './worker-schema.js';

const temporal = z
  .strictObject({
    address: z
      .string()
      .min(1)
      .default('127.0.0.1:7233')
      .describe(
        'Host and port of the Temporal frontend. `TEMPORAL_ADDRESS` overrides it, and `waybill dev` sets that for its own worker. API key and TLS come from `TEMPORAL_API_KEY` and `TEMPORAL_TLS…` alone.',
      ),
    namespace: z.string().min(1).default('default').describe('Temporal namespace. `TEMPORAL_NAMESPACE` overrides it.'),
    taskQueue: z
      .string()
      .min(1)
      .default('waybill')
      .describe('Task queue of the workflows, and of activities whose target names no other.'),
    payloadCodec: localPath(z.string().min(1).optional()).describe(
      'Module whose default export is a `PayloadCodec` of Temporal’s SDK, or a function that makes one: what Temporal keeps goes through it, encrypted for example. Clients need the same one, in `WAYBILL_TEMPORAL_PAYLOAD_CODEC`. Default: none.',
    ),
  })
  .prefault({})
  .describe('The Temporal server.');

const localStore = z.strictObject({
  kind: z.literal('local').describe('A directory on the host of the worker.'),
  path: computedDefault(localPath(z.string().min(1))).describe(
    'Directory that holds the files. Default: `store` below `stateDirectory`.',
  ),
});

const store = computedDefault(z.discriminatedUnion('kind', [localStore, defaultS3Store])).describe(
  'The default store: inputs, outputs, logs and journal of every execution.',
);

const catalog = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('embedded').describe('The PostgreSQL that `waybill dev` starts on this host.'),
    }),
    z.strictObject({
      kind: z.literal('postgres').describe('A PostgreSQL server that you run.'),
      connectionStringEnv: environmentName(z.string().default('WAYBILL_CATALOG_URL')).describe(
        'Name of the environment variable that holds the connection string (`postgres://…`). The string itself is a secret and does not belong into this file.',
      ),
      maxConnections: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(8)
        .describe('Connections that one worker keeps at most. Catalog writes are short: more only load the server.'),
    }),
  ])
  .prefault({kind: 'embedded'})
  .describe('Where executions and artifacts are recorded.');

const retention = z
  .strictObject({
    days: z
      .number()
      .int()
      .min(1)
      .max(36500)
      .default(30)
      .describe('Days after its end for which an execution and its files are kept, unless it says otherwise.'),
    leftoverDays: z
      .number()
      .int()
      .min(31)
      .max(36500)
      .default(31)
      .describe(
        'Days after which the daily sweep removes what nobody will take up any more: a workspace that was kept for `waybill retry`, the mark of a removed workspace, unfinished files of the default store. No step lives longer than 30 days.',
      ),
    everyHours: z
      .number()
      .int()
      .min(1)
      .max(168)
      .default(24)
      .describe(
        'Hours from one sweep of expired executions to the next: a Temporal Schedule, which workers and `waybill setup` make.',
      ),
    deletesPerSecond: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe('Files that a sweep removes in a second at most, so that it takes nothing from those who work.'),
  })
  .prefault({})
  .describe('What is removed, and when.');

const log = z
  .strictObject({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('Least severe level that the worker logs.'),
  })
  .prefault({})
  .describe('Logging of the worker.');

/** The whole of `waybill.yaml`. docs/configuration.md is made from the descriptions. */
export const configuration = z
  .strictObject({
    stateDirectory: computedDefault(localPath(z.string().min(1))).describe(
      'What a worker and the embedded stack have to keep on this host. One per worker: a second worker with the same directory is refused. Default: `$XDG_STATE_HOME/waybill`, which is `~/.local/state/waybill` where that is not set.',
    ),
    temporal,
    store,
    catalog,
    targets: computedDefault(z.record(targetName, z.discriminatedUnion('kind', [localTarget, sshTarget]))).describe(
      'Machines that run commands, by name. `local`, the host of the worker, exists without being named here.',
    ),
    stores: z
      .record(targetName, z.discriminatedUnion('kind', [s3Store]))
      .default({})
      .describe(
        'Places that hold files and run no commands, by name. Stores and targets share one set of names: `waybill copy` reads and writes both as `NAME:PATH`.',
      ),
    transfer: transferSettings,
    compression: compressionSettings,
    retention,
    worker: workerSettings,
    log,
  })
  .describe('Configuration of a Waybill worker.');

/** The configuration with every default filled in and local paths absolute. */
export type Configuration = z.output<typeof configuration>;
export type TargetConfiguration = Configuration['targets'][string];
export type LocalTargetConfiguration = Extract<TargetConfiguration, {kind: 'local'}>;
export type SshTargetConfiguration = Extract<TargetConfiguration, {kind: 'ssh'}>;
export type S3StoreConfiguration = Configuration['stores'][string];
export type DefaultStoreConfiguration = Configuration['store'];
export type CompressionConfiguration = Configuration['compression'];
export type TransferConfiguration = Configuration['transfer'];
export type WorkerConfiguration = Configuration['worker'];
