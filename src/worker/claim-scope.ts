import {posix} from 'node:path';
import {machineId} from '../client/machine.js';
import {splitLocation} from '../contracts/transfer.js';
import type {Store, StorePath} from '../stores/store.js';

/**
 * Under which name the paths of a destination are claimed. Two targets that are this machine's disk share one, and a path of
 * `copy --direct` has it too; two names of one SSH server or bucket are not seen to be the same.
 */
export function claimScope(
  {kind, name}: Pick<Store, 'kind' | 'name'>,
  location: string,
  root: string,
): {readonly scope: string; readonly absolute: (path: StorePath) => string} {
  const scope = kind === 'local' ? `disk of ${machineId()}` : (splitLocation(location)?.name ?? name);
  return {scope, absolute: (path) => posix.join('/', root, path)};
}
