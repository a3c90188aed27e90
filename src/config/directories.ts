import {homedir} from 'node:os';
import {isAbsolute, join, resolve} from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a worker and the embedded stack keep their state unless told otherwise. */
export function defaultStateDirectory(environment: Environment): string {
  return join(baseDirectory(environment['XDG_STATE_HOME'], environment, '.local/state'), 'waybill');
}

/** Where downloaded and built programs are kept: everything in it can be made again. */
export function cacheDirectory(environment: Environment): string {
  return join(baseDirectory(environment['XDG_CACHE_HOME'], environment, '.cache'), 'waybill');
}

/** Expands `~/`, and starts a relative path at `from`. */
export function resolveLocalPath(path: string, from: string, environment: Environment): string {
  if (path === '~' || path.startsWith('~/')) return join(homeDirectory(environment), path.slice(1));
  return resolve(from, path);
}

/** The XDG specification has relative values ignored. */
function baseDirectory(value: string | undefined, environment: Environment, fallback: string): string {
  return value !== undefined && isAbsolute(value) ? value : join(homeDirectory(environment), fallback);
}

function homeDirectory(environment: Environment): string {
  const home = environment['HOME'];
  return home === undefined || home === '' ? homedir() : home;
}
