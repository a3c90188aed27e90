import {chmod, lstat, rmdir, unlink} from 'node:fs/promises';
import type {CallOptions, StorePath} from '../store.js';
import {isErrno} from './errors.js';
import {namesIn} from './list.js';
import {refuseRoot} from './names.js';
import {ifThere, type LocalRoot} from './root.js';

const SLASH = Buffer.from('/');

export async function removeTree(root: LocalRoot, path: StorePath, options: CallOptions = {}): Promise<void> {
  options.signal?.throwIfAborted();
  refuseRoot(path);
  await ifThere(path, async () => removeAt(Buffer.from(await root.locate(path)), options.signal));
}

/** Removes by bytes, so that names that are not UTF-8 go too. */
async function removeAt(absolute: Buffer, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const found = await lstat(absolute).catch(unlessGone);
  if (found === undefined) return;
  if (!found.isDirectory()) {
    await unlink(absolute).catch(unlessGone);
    return;
  }
  // What a job made for itself alone (0500, 0) would keep its own user out.
  if ((found.mode & 0o700) !== 0o700) await chmod(absolute, 0o700).catch(unlessGone);
  // New names can appear while the old ones go: the directory is read until it can be removed.
  for (let round = 0; ; round += 1) {
    for await (const name of namesIn(absolute)) await removeAt(Buffer.concat([absolute, SLASH, name]), signal);
    try {
      await rmdir(absolute).catch(unlessGone);
      return;
    } catch (error) {
      if (round === MAX_ROUNDS || !isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    }
  }
}

const MAX_ROUNDS = 10;

function unlessGone(error: unknown): undefined {
  if (isErrno(error, 'ENOENT')) return undefined;
  throw error;
}
