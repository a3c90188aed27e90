import type {ActivityDeps} from '../../activities/deps.js';
import {openCatalog} from '../artifacts/catalog/catalog.js';
import {IssueLog} from '../artifacts/tickets/issue-log.js';
import {markStore} from '../artifacts/store-marker.js';
import type {Environment} from '../config/directories.js';
import type {Configuration} from '../config/schema.js';
import {hasCode} from '../contracts/errors.js';
import {DestinationClaims} from '../transfer/claims/destination-claims.js';
import {catalogAddress} from './catalog-address.js';
import {livingHolders} from './claim-holders.js';
import {openDefaultStore} from './default-store.js';
import {patiently} from './patience.js';
import {openTargetRegistry} from './target-registry.js';
import type {TaskRecords} from './task-records.js';
import type {Telemetry} from './telemetry.js';

export interface WorkerDeps {
  readonly activities: ActivityDeps;
  close(): Promise<void>;
}

export interface WorkerParts {
  readonly configuration: Configuration;
  readonly environment: Environment;
  /** The file of the configuration where it was changed since it was read. */
  readonly changedFile: () => string | undefined;
  readonly records: TaskRecords;
  readonly telemetry: Telemetry;
  readonly signal: AbortSignal;
  /** Whether a workflow has not ended. */
  readonly runs: (workflowId: string) => Promise<boolean>;
}

/** Opens what the activities need: default store, catalog, targets. Targets are connected when they are first used. */
export async function openWorkerDeps(parts: WorkerParts): Promise<WorkerDeps> {
  const {configuration, environment, changedFile, records, telemetry, signal, runs} = parts;
  const {store, ticket, tickets, lifecycle} = await openDefaultStore(configuration, environment, (err) => {
    telemetry.log.warn({err}, 'the default store does not answer yet');
  });
  const maxConnections = configuration.catalog.kind === 'postgres' ? configuration.catalog.maxConnections : 5;
  const catalog = await patiently('the catalog', telemetry.log, signal, async () =>
    openCatalog({connectionString: await catalogAddress(configuration, environment), maxConnections}),
  );
  await markStore(store, catalog.retention).catch((error: unknown) => {
    if (hasCode(error, 'retention.foreign-store')) {
      telemetry.log.error(
        {err: error, remedy: error.remedy},
        'nothing expires: the default store is of another catalog',
      );
    } else {
      telemetry.log.warn({err: error}, 'the default store cannot be marked yet: nothing expires before it is');
    }
  });
  const targets = openTargetRegistry(configuration, environment, {
    changedFile,
    onProtocol: (target, protocol, reason) => telemetry.log.info({target, protocol, reason}, 'how files go over'),
  });
  const {inputs, minBytes} = configuration.compression;
  const issueLog = new IssueLog({
    write: (issues) => catalog.recordTickets(issues),
    onFailure: (err, lost) => telemetry.log.warn({err, lost}, 'issued tickets cannot be recorded now'),
  });
  return {
    activities: {
      store,
      ticket: {...ticket, ...(inputs ? {compressFrom: minBytes} : {})},
      ...(tickets === undefined ? {} : {tickets}),
      issueLog,
      ...(lifecycle === undefined ? {} : {lifecycle}),
      targets,
      catalog,
      claims: new DestinationClaims(store, livingHolders(runs)),
      records,
      telemetry,
      taskQueue: configuration.temporal.taskQueue,
      transfer: configuration.transfer,
      compression: configuration.compression,
      retentionDays: configuration.retention.days,
      leftoverDays: configuration.retention.leftoverDays,
      deletesPerSecond: configuration.retention.deletesPerSecond,
    },
    close: async () => {
      await issueLog.close();
      await Promise.allSettled([targets.close(), catalog.close(), lifecycle?.close(), store.close()]);
    },
  };
}
