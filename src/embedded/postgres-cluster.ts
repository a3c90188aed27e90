import {execFile} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {chown, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {WaybillError} from '../contracts/errors.js';
import type {Account} from './postgres-account.js';
import type {PostgresPrograms} from './postgres-programs.js';
import {endProcess, identityOf} from './process-identity.js';

export const postgresUser = 'waybill';

/** Fast shutdown, then immediate: the next start recovers from the log. */
export const postgresEnding = [
  {signal: 'SIGINT', waitMs: 10_000},
  {signal: 'SIGQUIT', waitMs: 3000},
  {signal: 'SIGKILL', waitMs: 3000},
] as const;

/** The password of the cluster, made at the first call and kept in a file that only the user of the worker reads. */
export async function clusterPassword(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(() => undefined);
  if (kept !== undefined && kept.trim() !== '') return kept.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${path}.new`, `${password}\n`, {mode: 0o600});
  await rename(`${path}.new`, path);
  return password;
}

/** Creates the cluster where there is none. One that was interrupted has another name, and is begun anew. */
export async function ensureCluster(
  home: string,
  programs: PostgresPrograms,
  password: string,
  account: Account | undefined,
): Promise<string> {
  const data = join(home, 'data');
  if (await exists(join(data, 'PG_VERSION'))) return data;
  const unfinished = join(home, 'data.unfinished');
  const passwordFile = join(home, 'password.initdb');
  await rm(unfinished, {recursive: true, force: true});
  await writeFile(passwordFile, password, {mode: 0o600});
  if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
  try {
    await promisify(execFile)(
      programs.initdb,
      [
        `--pgdata=${unfinished}`,
        `--username=${postgresUser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // Sorts by code point on every machine, whatever locales that has.
        ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ],
      {cwd: home, env: {PATH: process.env['PATH'], LC_ALL: 'C'}, ...account},
    );
  } catch (error) {
    throw new WaybillError('stack.start-failed', `PostgreSQL's files cannot be created: ${String(error)}`, {
      cause: error,
      path: home,
    });
  } finally {
    await rm(passwordFile, {force: true});
  }
  await rename(unfinished, data);
  return data;
}

/**
 * Ends a server that still runs on the files, though nobody recorded it, and removes its pid file where the pid has
 * been given to another program since: PostgreSQL would refuse to start for that. The caller holds the state's lock.
 */
export async function clearPidFile(data: string): Promise<void> {
  const path = join(data, 'postmaster.pid');
  const pid = Number((await readFile(path, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const identity = await identityOf(pid);
  if (identity !== undefined && (await commandLine(pid)).includes(data)) await endProcess(identity, postgresEnding);
  else await rm(path, {force: true});
}

async function commandLine(pid: number): Promise<string> {
  const result = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => undefined);
  return result?.stdout ?? '';
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
