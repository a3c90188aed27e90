import {hasCode, WaybillError} from '../contracts/errors.js';
import {joinStorePath} from '../stores/paths.js';
import type {Store, StorePath} from '../stores/store.js';
import {partialPaths} from './keys.js';
import type {PlannedFile} from './planned-file.js';

/**
 * True where a link at `name` with this target surely stays below the root of the tree. Parents are counted at the
 * beginning of the target only: one that follows a name may be the parent of what another link names, which text does
 * not show, and is taken to lead out.
 */
export function staysInside(name: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  let depth = name.split('/').length - 1;
  let named = false;
  for (const part of target.split('/')) {
    if (part === '..') {
      depth--;
      if (named || depth < 0) return false;
    } else if (part !== '' && part !== '.') named = true;
  }
  return true;
}

export interface LinkOptions {
  readonly to: Store;
  readonly toRoot: StorePath;
  readonly partials: StorePath;
  readonly owner: string;
  readonly ifExists: 'replace' | 'keep';
  readonly signal: AbortSignal;
}

/** Makes a link as it was at the source; an existing file or link is replaced in one step where that is allowed. */
export async function moveLink(file: PlannedFile, options: LinkOptions): Promise<'copied'> {
  const {to, signal} = options;
  const target = file.linkTarget ?? '';
  if (!staysInside(file.name, target)) {
    throw new WaybillError('link.leaves-root', `${JSON.stringify(file.name)} points out of the tree.`, {
      path: file.name,
    });
  }
  const destination = joinStorePath(options.toRoot, file.name);
  try {
    await to.makeLink(destination, target, {signal});
  } catch (error) {
    if (!hasCode(error, 'store.already-exists') || options.ifExists === 'keep') throw error;
    const beside = partialPaths(options.partials, {
      owner: options.owner,
      destination,
      identity: target,
      size: 0,
    }).partial;
    await to.makeLink(beside, target, {signal});
    await to.rename(beside, destination, {overwrite: true, signal});
  }
  return 'copied';
}
