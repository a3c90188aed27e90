import type {BigIntStats} from 'node:fs';
import {type FileHandle, link, lstat, rename, unlink} from 'node:fs/promises';
import {dirname} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import type {Attributes, Entry, PartialSpec, PublishOptions} from '../store.js';
import {entryOf, toSeconds} from './entry.js';
import {errnoOf, isErrno} from './errors.js';
import {syncDirectory} from './sync-directory.js';

/** An unfinished file that is complete. */
export interface NamedPartial {
  readonly spec: Pick<PartialSpec, 'path'>;
  readonly absolute: string;
  /** Of the file that was written: a name that leads to another one is another attempt's. */
  readonly inode: bigint;
}

/** An unfinished file that this process holds open. */
export interface HeldPartial extends NamedPartial {
  readonly spec: PartialSpec;
  readonly handle: FileHandle;
}

/** The order that makes a destination appear in one step, complete, and stay: every line needs the one before it. */
export async function publishDurably(
  partial: HeldPartial,
  destination: string,
  options: PublishOptions,
): Promise<Entry> {
  await countBytes(partial, options.size ?? partial.spec.size);
  await setAttributesOf(partial.handle, options);
  await partial.handle.sync();
  options.signal?.throwIfAborted();
  await takeName(partial, destination, options);
  await syncDirectory(dirname(destination));
  return withTimeKept(partial.handle, options);
}

/** Until the partial's name was gone, another attempt may have written the same bytes again, and moved the time by it. */
async function withTimeKept(handle: FileHandle, {modifiedAt}: Attributes): Promise<Entry> {
  const entry = entryOf(await handle.stat({bigint: true}));
  if (modifiedAt === undefined || Math.abs(entry.modifiedAt - modifiedAt) <= 1) return entry;
  await handle.utimes(toSeconds(modifiedAt), toSeconds(modifiedAt));
  return entryOf(await handle.stat({bigint: true}));
}

export function partialConsumed(path: string, cause?: unknown): WaybillError {
  return new WaybillError(
    'transfer.partial-consumed',
    `The unfinished file ${JSON.stringify(path)} is gone: another attempt has published it.`,
    {
      path,
      ...(cause === undefined ? {} : {cause}),
    },
  );
}

async function countBytes({handle, spec}: HeldPartial, expected: number): Promise<void> {
  const {size: found} = await handle.stat();
  if (found === expected) return;
  const message = `The unfinished file holds ${found} bytes instead of ${expected}.`;
  throw new WaybillError('transfer.checksum-mismatch', message, {path: spec.path, expected, found});
}

async function setAttributesOf(handle: FileHandle, {mode, modifiedAt, owner}: Attributes): Promise<void> {
  if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
  if (modifiedAt !== undefined) await handle.utimes(toSeconds(modifiedAt), toSeconds(modifiedAt));
  if (mode !== undefined) await handle.chmod(mode & 0o7777);
}

/** Gives the partial the destination's name; the partial's own name is gone afterwards. */
export async function takeName(partial: NamedPartial, destination: string, options: PublishOptions): Promise<void> {
  const held = await statOrUndefined(partial.absolute);
  // The name may belong to a younger partial, not yet complete: renaming that one would publish half a file.
  if (held?.ino !== partial.inode) throw partialConsumed(partial.spec.path);
  try {
    if (options.ifExists === 'keep') await link(partial.absolute, destination);
    else await rename(partial.absolute, destination);
  } catch (error) {
    await explainFailure(error, partial, destination, held);
  }
  // `link` leaves the partial's name behind, and so does `rename` where an attempt died between the two calls below:
  // renaming one name of a file over another name of the same file does nothing and reports success.
  if (options.ifExists === 'keep' || held.nlink > 1n) await unlinkSame(partial.absolute, held);
}

async function explainFailure(
  error: unknown,
  partial: NamedPartial,
  destination: string,
  held: BigIntStats,
): Promise<void> {
  const errno = errnoOf(error);
  if (errno === 'ENOENT' && (await statOrUndefined(partial.absolute)) === undefined) {
    throw partialConsumed(partial.spec.path, error);
  }
  if (errno === 'EEXIST' && isSameFile(await statOrUndefined(destination), held)) return;
  if (errno === 'EEXIST' || errno === 'ENOTEMPTY') {
    const isDirectory = (await statOrUndefined(destination))?.isDirectory() === true;
    throw new WaybillError(
      isDirectory ? 'store.is-a-directory' : 'store.already-exists',
      `${JSON.stringify(destination)} exists already.`,
      {path: destination, cause: error},
    );
  }
  throw error;
}

async function unlinkSame(absolute: string, held: BigIntStats): Promise<void> {
  if (!isSameFile(await statOrUndefined(absolute), held)) return;
  try {
    await unlink(absolute);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

async function statOrUndefined(absolute: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(absolute, {bigint: true});
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function isSameFile(a: BigIntStats | undefined, b: BigIntStats): boolean {
  return a !== undefined && a.ino === b.ino && a.dev === b.dev;
}
