import {hasCode, WaybillError} from '../../src/contracts/errors.js';
import type {ParsedStoreQuestion, StoreAnswer} from '../../src/contracts/store.js';
import {joinStorePath, splitStorePath} from '../../src/stores/paths.js';
import {entryAt, nothingAt, type Place} from './place.js';

type Asked<A extends ParsedStoreQuestion['ask']> = Extract<ParsedStoreQuestion, {ask: A}>;

/** Removes a file, a link, an empty directory, or a tree. `again`: an earlier attempt may have done it. */
export async function remove(
  place: Place,
  {recursive}: Pick<Asked<'remove'>, 'recursive'>,
  again: boolean,
  signal: AbortSignal,
): Promise<StoreAnswer> {
  const {store, path, location} = place;
  if (path === '') throw new WaybillError('name.outside-root', `${location} is a root, which stays`, {path: location});
  const there = await store.stat(path, {signal});
  if (there === undefined && !again) throw nothingAt(place);
  if (there?.kind === 'directory') {
    if (!recursive) {
      throw new WaybillError('store.is-a-directory', `${location} is a directory`, {
        path: location,
        remedy: 'Add -r to remove it with everything in it.',
      });
    }
    await store.removeTree(path, {signal});
  } else if (there !== undefined) await store.remove(path, {signal});
  return {ask: 'remove'};
}

export async function makeDirectory(
  place: Place,
  {parents, mode}: Pick<Asked<'make-directory'>, 'parents' | 'mode'>,
  again: boolean,
  signal: AbortSignal,
): Promise<StoreAnswer> {
  const {store, path, location} = place;
  const there = await store.stat(path, {signal});
  if (there?.kind === 'directory' && (parents || again)) return {ask: 'make-directory'};
  if (there !== undefined) throw new WaybillError('store.already-exists', `${location} exists`, {path: location});
  const above = splitStorePath(path);
  if (!parents && above !== undefined && (await store.stat(above.directory, {signal})) === undefined) {
    throw new WaybillError('store.not-found', `the directory that is to hold ${location} is missing`, {
      path: location,
      remedy: 'Add -p to make the missing parents too.',
    });
  }
  await store.makeDirectory(path, {signal, ...(mode === undefined ? {} : {mode})});
  // The umask of that side takes bits away.
  if (mode !== undefined && store.properties.modes) await store.setAttributes(path, {mode}, {signal});
  return {ask: 'make-directory'};
}

export async function rename(
  from: Place,
  named: Place,
  {overwrite, to: asked}: Pick<Asked<'rename'>, 'overwrite' | 'to'>,
  again: boolean,
  signal: AbortSignal,
): Promise<StoreAnswer> {
  const {store, path} = from;
  if (from.key !== named.key) {
    throw new WaybillError('store.unsupported', `${from.location} and ${named.location} lie below different roots`, {
      path: named.location,
      remedy: 'Use `waybill copy`, then `waybill rm`.',
    });
  }
  const into = asked.endsWith('/') || named.path === '';
  const to = into ? joinStorePath(named.path, splitStorePath(path)?.name ?? '') : named.path;
  if (to === path || to.startsWith(`${path}/`) || path === '') {
    throw new WaybillError('transfer.same-place', `${from.location} cannot be moved into itself`, {
      path: from.location,
    });
  }
  const source = await store.stat(path, {signal});
  const there = await store.stat(to, {signal});
  if (source === undefined) {
    if (again && there !== undefined) return {ask: 'rename'};
    throw nothingAt(from);
  }
  // Only what the store itself refuses is sure: between this look and the step another may take the name.
  if (there !== undefined && !overwrite) throw taken(to, named);
  try {
    await store.rename(path, to, {overwrite, signal});
  } catch (error) {
    if (hasCode(error, 'store.already-exists')) throw taken(to, named);
    throw error;
  }
  return {ask: 'rename'};
}

function taken(to: string, {location}: Place): WaybillError {
  return new WaybillError('store.already-exists', `${JSON.stringify(to)} exists already`, {
    path: location,
    remedy: 'Add --overwrite to replace it, or choose another name.',
  });
}

export async function chmod(place: Place, mode: number, signal: AbortSignal): Promise<StoreAnswer> {
  const {store, path, location} = place;
  if (!store.properties.modes) {
    throw new WaybillError('store.unsupported', `the store of ${location} keeps no modes`, {path: location});
  }
  const {kind} = await entryAt(place, signal);
  if (kind === 'link') {
    throw new WaybillError('store.unsupported', `${location} is a link, which has no mode of its own`, {
      path: location,
    });
  }
  await store.setAttributes(path, {mode}, {signal});
  return {ask: 'chmod'};
}
