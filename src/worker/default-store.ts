import {mkdir} from 'node:fs/promises';
import {openTicketOffice, type TicketOffice} from '../artifacts/tickets/office.js';
import {pathTicket} from '../artifacts/tickets/path-ticket.js';
import {machineId} from '../client/machine.js';
import type {Environment} from '../config/directories.js';
import type {Configuration} from '../config/schema.js';
import type {Ticket} from '../contracts/artifacts.js';
import {WaybillError} from '../contracts/errors.js';
import {openLocalStore} from '../stores/local/store.js';
import {probeS3, type S3Probe} from '../stores/s3/probe.js';
import {openS3Store} from '../stores/s3/store.js';
import {unsignedCopies} from '../stores/s3/unsigned-copies.js';
import type {Store} from '../stores/store.js';
import {s3Connection} from './s3-connection.js';
import {s3Credentials} from './s3-credentials.js';
import {openStoreLifecycle, type StoreLifecycle} from './store-lifecycle.js';

/** Where everything of the executions lies, and how a client gets there. */
interface DefaultStore {
  readonly store: Store;
  readonly ticket: Ticket;
  /** Absent where the ticket is a path. */
  readonly tickets?: TicketOffice;
  /** Absent where the store deletes nothing by itself. */
  readonly lifecycle?: StoreLifecycle;
}

/**
 * Makes a local store where there is none. Rejects with `config.not-this-host` for a directory of another host, and where
 * an S3 server refuses. One that does not answer is told to `onSilence`.
 */
export async function openDefaultStore(
  {store: settings, retention}: Pick<Configuration, 'store' | 'retention'>,
  environment: Environment,
  onSilence: (error: unknown) => void = () => undefined,
): Promise<DefaultStore> {
  if (settings.kind === 's3') return await openS3DefaultStore(settings, retention, environment, onSilence);
  const {path} = settings;
  const store = openLocalStore({name: 'store', root: path});
  // Inputs, outputs and logs of everybody's runs: this user's alone.
  await mkdir(path, {recursive: true, mode: 0o700});
  await store.putObject(HOST_KEY, Buffer.from(JSON.stringify({version: 1, machineId: machineId()})), {ifAbsent: true});
  await requireOwnStore(store, path);
  return {store, ticket: pathTicket(machineId(), path)};
}

/** The same store, and makes nothing: rejects with `store.not-found` where there is no local one yet. */
export async function openExistingStore(
  {store: settings, retention}: Pick<Configuration, 'store' | 'retention'>,
  environment: Environment,
): Promise<Store> {
  if (settings.kind === 's3')
    return (await openS3DefaultStore(settings, retention, environment, () => undefined)).store;
  const {path} = settings;
  const store = openLocalStore({name: 'store', root: path});
  if ((await store.getObject(HOST_KEY, 4096)) === undefined) {
    throw new WaybillError('store.not-found', `the default store is not at ${path} yet`, {
      path,
      remedy: 'Run `waybill setup`, or start a worker: both make it.',
    });
  }
  await requireOwnStore(store, path);
  return store;
}

async function openS3DefaultStore(
  settings: Extract<Configuration['store'], {kind: 's3'}>,
  retention: Configuration['retention'],
  environment: Environment,
  onSilence: (error: unknown) => void,
): Promise<DefaultStore> {
  const {bucket, prefix, region, pathStyle, ticketSeconds, maxFileBytes} = settings;
  const credentials = s3Credentials(settings, environment);
  const connection = await s3Connection(settings, credentials);
  const probe = await probeS3(connection, prefix);
  // A server that refuses now refuses later; one that is down is waited for by whatever needs it.
  if (probe.outcome === 'refused') throw refusal(probe, bucket);
  if (probe.outcome === 'unreachable') onSilence(probe.error);
  const endpoint = settings.publicEndpoint ?? settings.endpoint;
  const {certificateAuthority} = connection;
  const store = openS3Store({...connection, name: 'store', prefix});
  return {
    store,
    lifecycle: openStoreLifecycle({connection, prefix, store, retention}),
    ticket: {
      ...{kind: 's3', endpoint, bucket, prefix, pathStyle, maxFileBytes},
      ...(certificateAuthority === undefined ? {} : {certificateAuthority}),
    },
    tickets: openTicketOffice({
      ...{endpoint, bucket, prefix, region, pathStyle, credentials, maxFileBytes},
      validForSeconds: ticketSeconds,
      unsignedCopies: unsignedCopies({...connection, credentials}, prefix),
    }),
  };
}

function refusal({reason, error}: Extract<S3Probe, {outcome: 'refused'}>, bucket: string): unknown {
  if (reason !== 'no-bucket') return error;
  return new WaybillError('store.not-found', `the bucket ${bucket} of the default store is not there`, {
    path: bucket,
    cause: error,
    remedy: 'Run `waybill setup`, which makes it, or name another in store.bucket.',
  });
}

const HOST_KEY = 'host.json';

/** A local store on a shared disk would look right from two hosts, and each would sweep what the other holds. */
async function requireOwnStore(store: Store, path: string): Promise<void> {
  const written = Buffer.from((await store.getObject(HOST_KEY, 4096)) ?? new Uint8Array()).toString();
  if (written.includes(`"${machineId()}"`)) return;
  throw new WaybillError('config.not-this-host', `the default store ${path} is a local directory of another host`, {
    path,
  });
}
