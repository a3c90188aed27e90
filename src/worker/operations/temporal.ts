import {Client, Connection} from '@temporalio/client';
import type {Environment} from '../../config/directories.js';
import type {Configuration} from '../../config/schema.js';
import {temporalConnection} from '../../config/temporal-profile.js';
import {WaybillError} from '../../contracts/errors.js';
import type {Payloads} from '../../client/payload-codec.js';
import {workerPayloads} from '../payloads.js';

export interface OperatorTemporal {
  readonly connection: Connection;
  readonly client: Client;
  readonly namespace: string;
  readonly payloads: Payloads;
}

/** Rejects with `client.unreachable` where nothing answers within ten seconds. */
export async function connectTemporal(
  configuration: Configuration,
  environment: Environment,
): Promise<OperatorTemporal> {
  const {connectionOptions, namespace} = temporalConnection(configuration, environment);
  const {address} = configuration.temporal;
  const {payloads, dataConverter} = await workerPayloads(configuration);
  try {
    const connection = await Connection.connect({...connectionOptions, connectTimeout: '10s'});
    return {connection, client: new Client({connection, namespace, dataConverter}), namespace, payloads};
  } catch (cause) {
    throw new WaybillError('client.unreachable', `Temporal does not answer at ${address}`, {path: address, cause});
  }
}
