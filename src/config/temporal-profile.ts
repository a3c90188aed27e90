import {loadClientConfigProfile, loadClientConnectConfig} from '@temporalio/envconfig';
import {WaybillError} from '../contracts/errors.js';
import type {Environment} from './directories.js';
import type {Configuration} from './schema.js';

type ConnectConfig = ReturnType<typeof loadClientConnectConfig>;

/** Address and namespace of Temporal's own profile file (`TEMPORAL_CONFIG_FILE`), where there is one. */
export function temporalProfile(environment: Environment): {readonly address?: string; readonly namespace?: string} {
  return translated(() => {
    const others = defined({...environment, TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined});
    const {address, namespace} = loadClientConfigProfile({overrideEnvVars: others});
    return {...(address === undefined ? {} : {address}), ...(namespace === undefined ? {} : {namespace})};
  });
}

/**
 * What to connect to Temporal with: address and namespace of the configuration, API key and TLS of the environment or
 * the profile file. Holds secrets.
 */
export function temporalConnection(
  {temporal}: Pick<Configuration, 'temporal'>,
  environment: Environment = process.env,
): ConnectConfig & {readonly namespace: string} {
  const {connectionOptions} = translated(() => loadClientConnectConfig({overrideEnvVars: defined(environment)}));
  return {connectionOptions: {...connectionOptions, address: temporal.address}, namespace: temporal.namespace};
}

function translated<Result>(load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    throw new WaybillError(
      'config.invalid',
      `Temporal's profile cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
        remedy: 'Correct the file that TEMPORAL_CONFIG_FILE names, or the TEMPORAL_ variables.',
      },
    );
  }
}

function defined(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
