import {statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import type {Environment} from './directories.js';

/**
 * Remembers the configuration file as it is now, and answers each time with its path where it is another one since: it was
 * written, made or removed. Who asks has something to complain of, or a second to spare: it waits for the disk.
 */
export function watchConfigurationFile(directory: string, environment: Environment): () => string | undefined {
  const before = find(directory, environment);
  return () => {
    const now = find(directory, environment);
    return now?.state === before?.state ? undefined : (now?.path ?? before?.path);
  };
}

/** The file that `readConfigurationFile` reads. */
function find(
  directory: string,
  environment: Environment,
): {readonly path: string; readonly state: string} | undefined {
  const named = environment['WAYBILL_CONFIG'];
  if (named !== undefined && named !== '') return look(resolve(directory, named));
  for (let current = resolve(directory); ; current = dirname(current)) {
    const found = look(join(current, 'waybill.yaml'));
    if (found !== undefined || dirname(current) === current) return found;
  }
}

function look(path: string): {readonly path: string; readonly state: string} | undefined {
  const stats = statSync(path, {throwIfNoEntry: false});
  return stats && {path, state: [path, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(':')};
}
