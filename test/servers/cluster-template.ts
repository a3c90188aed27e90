import {execFile} from 'node:child_process';
import {copyFile, mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {removePostgres} from '../../src/embedded/postgres.js';
import {postgresAccount, postgresHome, postgresHomePath} from '../../src/embedded/postgres-account.js';
import {clusterPassword, ensureCluster} from '../../src/embedded/postgres-cluster.js';
import {postgresPrograms} from '../../src/embedded/postgres-programs.js';

/** The state directory of the template. The processes of the tests inherit it from the set-up. */
const VARIABLE = 'WAYBILL_TEST_CLUSTER';

/**
 * Makes the PostgreSQL cluster that the stacks of the tests start from: making one takes more than a second of a
 * processor, and each of them would. Answers with what removes it, which is nothing where another project has made it.
 */
export async function makeClusterTemplate(): Promise<() => Promise<void>> {
  if (process.env[VARIABLE] !== undefined) return async () => undefined;
  const template = await mkdtemp(join(tmpdir(), 'waybill-cluster-'));
  await mkdir(join(template, 'postgres'));
  const account = await postgresAccount();
  const password = await clusterPassword(passwordFile(template));
  await ensureCluster(await postgresHome(template, account), await postgresPrograms(account), password, account);
  process.env[VARIABLE] = template;
  return async () => {
    await removePostgres(template);
    await rm(template, {recursive: true});
  };
}

/** Gives a new state directory a copy of it. Without a set-up, as for a script, the stack makes its own. */
export async function copyCluster(stateDirectory: string): Promise<void> {
  const template = process.env[VARIABLE];
  if (template === undefined) return;
  const account = await postgresAccount();
  await mkdir(join(stateDirectory, 'postgres'), {recursive: true, mode: 0o700});
  await copyFile(passwordFile(template), passwordFile(stateDirectory));
  // With its owner and its modes.
  const data = join(postgresHomePath(template, account), 'data');
  await promisify(execFile)('cp', ['-a', data, await postgresHome(stateDirectory, account)]);
}

function passwordFile(stateDirectory: string): string {
  return join(stateDirectory, 'postgres', 'password');
}
