import {link, lstat, rename as renameFile, rmdir, unlink} from 'node:fs/promises';
import {dirname} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, StorePath} from '../store.js';
import {isErrno, translated} from './errors.js';
import {ifThere, type LocalRoot} from './root.js';
import {syncDirectory} from './sync-directory.js';

export async function rename(
  root: LocalRoot,
  from: StorePath,
  to: StorePath,
  options: CallOptions & {readonly overwrite: boolean},
): Promise<void> {
  options.signal?.throwIfAborted();
  refuseRoot(from);
  refuseRoot(to);
  await translated(from, async () => {
    const source = await root.locate(from);
    const destination = await translated(to, () => root.locate(to));
    if (options.overwrite) await renameFile(source, destination);
    else await renameToFreeName(source, destination, to);
    await syncDirectory(dirname(destination));
    if (dirname(source) !== dirname(destination)) await syncDirectory(dirname(source));
  });
}

export async function remove(root: LocalRoot, path: StorePath, options: CallOptions = {}): Promise<void> {
  options.signal?.throwIfAborted();
  refuseRoot(path);
  await ifThere(path, async () => {
    const absolute = await root.locate(path);
    if ((await lstat(absolute)).isDirectory()) await rmdir(absolute);
    else await unlink(absolute);
  });
}

export function refuseRoot(path: StorePath): void {
  if (path === '') throw new WaybillError('name.outside-root', 'The root itself is not renamed or removed.', {path});
}

/** A file takes the free name in one step; directories and links have no such call, and are looked up before. */
async function renameToFreeName(source: string, destination: string, to: StorePath): Promise<void> {
  const found = await lstat(source);
  if (found.isFile()) {
    await link(source, destination);
    await unlink(source);
    return;
  }
  try {
    await lstat(destination);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    await renameFile(source, destination);
    return;
  }
  throw new WaybillError('store.already-exists', `${JSON.stringify(to)} exists already.`, {path: to});
}
