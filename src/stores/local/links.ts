import {readlink, realpath, symlink} from 'node:fs/promises';
import {dirname, isAbsolute, join} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, StorePath} from '../store.js';
import {isErrno, translated} from './errors.js';
import type {LocalRoot} from './root.js';
import {syncDirectory} from './sync-directory.js';

export async function readLink(root: LocalRoot, path: StorePath, options: CallOptions = {}): Promise<string> {
  options.signal?.throwIfAborted();
  return translated(path, async () => {
    const target = await readlink(await root.locate(path), {encoding: 'buffer'});
    const text = target.toString();
    if (Buffer.from(text).equals(target)) return text;
    throw new WaybillError('name.not-carried', `The target of the link ${JSON.stringify(path)} is not UTF-8.`, {path});
  });
}

export async function makeLink(
  root: LocalRoot,
  path: StorePath,
  target: string,
  options: CallOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  if (target === '' || target.includes('\0') || /\p{Surrogate}/u.test(target)) {
    throw new WaybillError('name.not-carried', `No link can hold the target ${JSON.stringify(target)}.`, {path});
  }
  await translated(path, async () => {
    const absolute = await root.locate(path);
    await refuseLeaving(root, dirname(absolute), path, target);
    try {
      await symlink(target, absolute);
    } catch (error) {
      if (!isErrno(error, 'EEXIST') || (await readlink(absolute).catch(() => undefined)) !== target) throw error;
    }
    await syncDirectory(dirname(absolute));
  });
}

/** Walks the target as the system would; the first step out of the root decides, also one that would come back in. */
async function refuseLeaving(root: LocalRoot, directory: string, path: StorePath, target: string): Promise<void> {
  let place = isAbsolute(target) ? '/' : directory;
  // An absolute target starts outside and may come in; from there on it has to stay.
  let inside = !isAbsolute(target);
  for (const component of target.split('/')) {
    if (component === '' || component === '.') continue;
    place = component === '..' ? dirname(place) : await followed(join(place, component));
    const isInside = await root.contains(place);
    if (inside && !isInside) throw leavesRoot(path, target);
    inside = isInside;
  }
  if (!inside) throw leavesRoot(path, target);
}

/** Where a name leads; a name that is not there yet, or leads in a circle, stays as it is. */
async function followed(absolute: string): Promise<string> {
  try {
    return await realpath(absolute);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR')) return absolute;
    throw error;
  }
}

function leavesRoot(path: StorePath, target: string): WaybillError {
  return new WaybillError(
    'link.leaves-root',
    `The link ${JSON.stringify(path)} would lead out of the root, to ${JSON.stringify(target)}.`,
    {
      path,
      found: target,
    },
  );
}
