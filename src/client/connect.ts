import {hostname, userInfo} from 'node:os';
import {Client, Connection} from '@temporalio/client';
import type {PayloadCodec} from '@temporalio/common';
import {WaybillError} from '../contracts/errors.js';
import {DEFAULT_TASK_QUEUE} from '../contracts/names.js';
import {misspelt, unknownVariables} from '../contracts/variable-names.js';
import {ClosableCalls} from './closable-calls.js';
import {loadPayloadCodec, Payloads} from './payload-codec.js';

/** Who has to answer for a call to go on. */
export type WaitedFor = 'temporal' | 'worker';

export interface ConnectOptions {
  /** `host:port` of Temporal. Default: TEMPORAL_ADDRESS or Temporal's profile file, then `127.0.0.1:7233`. */
  readonly address?: string;
  /** Default: TEMPORAL_NAMESPACE or the profile file, then `default`. */
  readonly namespace?: string;
  /** The task queue that the workflows run on. Default `waybill`. */
  readonly taskQueue?: string;
  /** Default: TEMPORAL_API_KEY or the profile file. */
  readonly apiKey?: string;
  /** Default: TEMPORAL_TLS… or the profile file. True for TLS with the system's certificates, or the certificates themselves. */
  readonly tls?: boolean | TlsFiles;
  /**
   * What payloads go through, the same as the workers': a codec, or the path of a module that exports one. Default:
   * WAYBILL_TEMPORAL_PAYLOAD_CODEC, then none.
   */
  readonly payloadCodec?: PayloadCodec | string;
  /**
   * Called where somebody who waits should know for whom. `temporal`: it has answered before, and does not for some seconds;
   * it is asked again for five minutes, then what was asked rejects with `client.unreachable`. Once each time. `worker`: none
   * has answered yet; once for a connection.
   */
  readonly onWaiting?: (forWhom: WaitedFor) => void;
}

/** Longest pause between two tries to connect, in milliseconds. gRPC's own grows to two minutes, and is not cut short by a call. */
const RECONNECT_MS = 5_000;

export interface TlsFiles {
  readonly serverRootCACertificate?: Buffer;
  readonly clientCertPair?: {readonly crt: Buffer; readonly key: Buffer};
  readonly serverNameOverride?: string;
}

/** A connection to Temporal and the names that every call needs. */
export interface Session {
  readonly temporal: Client;
  readonly connection: Connection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Who asks, for audit records: what this process runs as. */
  readonly requestedBy: string;
  readonly payloads: Payloads;
  /** Tells whoever waits that no worker has answered yet, once. */
  tellOfWorker(): void;
  /** Ends what is under way, with `client.closed`, and whatever is asked later. */
  close(): Promise<void>;
}

/**
 * Rejects with `client.unreachable` where nothing answers within ten seconds, with `config.invalid` where a variable
 * `WAYBILL_…` is a slip of one that is read here: without its codec a client would send what is meant to be encrypted.
 */
export async function connect(options: ConnectOptions = {}): Promise<Session> {
  const slips = misspelt(unknownVariables(process.env).filter(({meant}) => !isGiven(meant, options)));
  if (slips.length > 0) throw new WaybillError('config.invalid', slips.join('\n'));
  const profile = await loadProfile();
  const address = options.address ?? profile.connectionOptions.address ?? '127.0.0.1:7233';
  const namespace = options.namespace ?? profile.namespace ?? 'default';
  const payloads = await payloadsOf(options.payloadCodec);
  const calls = new ClosableCalls(() => options.onWaiting?.('temporal'));
  try {
    const connection = await Connection.connect({
      ...profile.connectionOptions,
      address,
      connectTimeout: '10s',
      channelArgs: {'grpc.max_reconnect_backoff_ms': RECONNECT_MS},
      interceptors: [calls.interceptor],
      ...(options.apiKey === undefined ? {} : {apiKey: options.apiKey}),
      ...(options.tls === undefined ? {} : {tls: options.tls}),
    });
    const temporal = new Client({connection, namespace, dataConverter: {payloadCodecs: [payloads]}});
    const taskQueue = options.taskQueue ?? DEFAULT_TASK_QUEUE;
    const requestedBy = `${userName()}@${hostname()}`.slice(0, 200);
    const close = async () => {
      calls.close();
      await connection.close();
    };
    let told = false;
    const tellOfWorker = () => {
      if (!told) options.onWaiting?.('worker');
      told = true;
    };
    return {temporal, connection, namespace, taskQueue, requestedBy, payloads, tellOfWorker, close};
  } catch (cause) {
    throw new WaybillError('client.unreachable', `Temporal does not answer at ${address}`, {path: address, cause});
  }
}

/** A caller that gives a value may have it from a variable of its own. */
function isGiven(variable: string | undefined, {address, namespace, apiKey, payloadCodec}: ConnectOptions): boolean {
  const given = new Map<string | undefined, unknown>([
    ['TEMPORAL_ADDRESS', address],
    ['TEMPORAL_NAMESPACE', namespace],
    ['TEMPORAL_API_KEY', apiKey],
    ['WAYBILL_TEMPORAL_PAYLOAD_CODEC', payloadCodec],
  ]);
  return given.get(variable) !== undefined;
}

async function payloadsOf(given: ConnectOptions['payloadCodec']): Promise<Payloads> {
  const named = given ?? process.env['WAYBILL_TEMPORAL_PAYLOAD_CODEC'];
  if (named === undefined || named === '') return new Payloads(undefined);
  return new Payloads(typeof named === 'string' ? await loadPayloadCodec(named) : named);
}

/** In a container the user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** What Temporal's own variables and profile file say, as its other tools read them. */
async function loadProfile() {
  const {loadClientConnectConfig} = await import('@temporalio/envconfig');
  try {
    return loadClientConnectConfig();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WaybillError('config.invalid', `Temporal's profile cannot be read: ${reason}`, {
      cause,
      remedy: 'Correct the file that TEMPORAL_CONFIG_FILE names, or the TEMPORAL_ variables.',
    });
  }
}
