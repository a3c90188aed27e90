import {createHash} from 'node:crypto';
import {WaybillError} from '../../contracts/errors.js';
import {joinStorePath, splitStorePath} from '../../stores/paths.js';
import type {Store, StorePath} from '../../stores/store.js';
import {type CopyPlace, followed, keyOf, type LocatedSource, plainPath, shownAt} from './locate.js';

/** Names of directories for unfinished files begin so, and are never part of what is copied. */
export const PARTIALS_PREFIX = '.waybill-transfer-';

/** Where everything goes. */
export interface CopyDestination {
  readonly store: Store;
  /** The directory that every name of the plan is below. */
  readonly root: StorePath;
  /** The name that the only file gets, where the destination names a file. */
  readonly rename?: string;
}

/** Beside what they become, hence on the same file system. */
export function partialsOf(root: StorePath, transfer: string): StorePath {
  return joinStorePath(root, `${PARTIALS_PREFIX}${transfer}`);
}

/** The same for the same places: what an interrupted copy left is found by the next one. */
export function copyIdentity(places: readonly CopyPlace[]): string {
  const hash = createHash('sha256');
  for (const place of places) {
    const field = JSON.stringify([keyOf(place), place.path]);
    hash.update(`${field}\n`);
  }
  return `direct-${hash.digest('hex').slice(0, 20)}`;
}

/**
 * A destination is a directory where it is one, where it ends with a slash, and where more than one file may arrive. Rejects with
 * `transfer.same-place` what would be copied into itself.
 */
export async function resolveDestination(
  place: CopyPlace,
  sources: readonly LocatedSource[],
  pattern: boolean,
  signal: AbortSignal,
): Promise<CopyDestination> {
  const {store} = place;
  const {path, slash} = plainPath(place.path);
  const there = await followed(place, path, signal);
  const [only] = sources;
  const directory =
    slash ||
    path === '' ||
    pattern ||
    there?.entry.kind === 'directory' ||
    sources.length !== 1 ||
    only?.entry.kind !== 'file';
  if (directory && there !== undefined && there.entry.kind !== 'directory') {
    const shown = shownAt(place, path);
    throw new WaybillError('store.not-a-directory', `${shown} is no directory`, {path: shown});
  }
  const split = splitStorePath(path);
  const destination: CopyDestination =
    directory || split === undefined
      ? {store, root: there?.path ?? path}
      : {store, root: split.directory, rename: split.name};
  for (const source of sources) refuseItself(source, keyOf(place), destination);
  return destination;
}

function refuseItself(source: LocatedSource, key: string, {root, rename}: CopyDestination): void {
  if (source.key !== key) return;
  const target = source.contents ? root : joinStorePath(root, rename ?? source.name);
  const inside =
    source.entry.kind === 'directory' && (source.path === '' || `${target}/`.startsWith(`${source.path}/`));
  if (target !== source.path && !inside) return;
  const shown = source.shown(source.path);
  throw new WaybillError('transfer.same-place', `${shown} would be copied into itself`, {path: shown});
}
