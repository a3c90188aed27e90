import type {Environment} from '../../config/directories.js';
import type {Configuration} from '../../config/schema.js';
import type {TargetCheck} from '../../contracts/catalog.js';
import {probeS3} from '../../stores/s3/probe.js';
import {s3Connection} from '../s3-connection.js';
import {s3Credentials} from '../s3-credentials.js';
import {checked, failed} from './checked.js';

type S3Store = Extract<Configuration['store'], {kind: 's3'}>;

const PUBLIC_REMEDY =
  'Clients send and fetch files there: set store.publicEndpoint (S3_PUBLIC_ENDPOINT of docker-compose.yml) to an address of the S3 server that they reach.';

/** Whether the default store on S3 answers, by its own address and by the one that clients are given. */
export async function* checkEndpoints({store}: Configuration, environment: Environment): AsyncGenerator<TargetCheck> {
  if (store.kind !== 's3') return;
  yield await checked('store endpoint', async () => await answerOf(store, store.endpoint, environment));
  const {publicEndpoint} = store;
  if (publicEndpoint === undefined || publicEndpoint === store.endpoint) return;
  const name = 'store endpoint of clients';
  if (isLoopback(publicEndpoint)) {
    const detail = `${publicEndpoint}: only clients on the host of the S3 server reach it`;
    yield {name, outcome: 'warning', detail, remedy: PUBLIC_REMEDY};
    return;
  }
  try {
    yield {name, outcome: 'ok', detail: await answerOf(store, publicEndpoint, environment)};
  } catch (error) {
    // This host may be one that cannot reach it.
    yield {...failed(name, error), outcome: 'warning', remedy: PUBLIC_REMEDY};
  }
}

async function answerOf(store: S3Store, endpoint: string, environment: Environment) {
  const connection = await s3Connection({...store, endpoint}, s3Credentials(store, environment));
  const probe = await probeS3(connection, store.prefix);
  if (probe.outcome === 'unreachable') throw probe.error;
  if (probe.outcome === 'refused' && probe.reason !== 'no-bucket') throw probe.error;
  return `${endpoint} answers`;
}

function isLoopback(endpoint: string): boolean {
  const {hostname} = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
