import {statfs} from 'node:fs/promises';
import {dirname} from 'node:path';
import {splitStorePath} from '../paths.js';
import type {CallOptions, StorePath} from '../store.js';
import {isErrno, translated} from './errors.js';
import type {LocalRoot} from './root.js';

/** Asks the nearest directory above `path` that exists: what is not there yet will lie on the same file system. */
export async function freeSpace(root: LocalRoot, path: StorePath, options: CallOptions = {}): Promise<number> {
  options.signal?.throwIfAborted();
  return translated(path, async () => {
    for (let place = path; ; ) {
      const found = await freeAt(() => root.locate(place));
      if (found !== undefined) return found;
      const split = splitStorePath(place);
      if (split === undefined) return freeAboveRoot(root.path);
      place = split.directory;
    }
  });
}

async function freeAboveRoot(absolute: string): Promise<number> {
  return (await freeAt(async () => absolute)) ?? freeAboveRoot(dirname(absolute));
}

async function freeAt(locate: () => Promise<string>): Promise<number | undefined> {
  try {
    const {bavail, bsize} = await statfs(await locate(), {bigint: true});
    return Number(bavail * bsize);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
