import type {Environment} from '../config/directories.js';
import type {Configuration} from '../config/schema.js';
import {WaybillError} from '../contracts/errors.js';
import {postgresConnectionString} from '../embedded/postgres.js';
import {readStack} from '../embedded/stack-file.js';

/** The connection string of the configured catalog. It holds a password: never logged. */
export async function catalogAddress(
  {catalog, stateDirectory}: Configuration,
  environment: Environment,
): Promise<string> {
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
    remedy:
      'Run this where the worker runs, with its waybill.yaml (`waybill config` says which file is read); a stack of your own starts with `waybill dev`.',
  });
}
