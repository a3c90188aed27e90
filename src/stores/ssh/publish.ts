import {WaybillError} from '../../contracts/errors.js';
import type {Entry, PublishOptions} from '../store.js';
import {syncDirectory} from './durability.js';
import {entryOf, wireAttributes} from './entry.js';
import {isSameFile, unmarked} from './mark.js';
import type {HeldPartial} from './partial.js';
import {parentOf} from './root.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';
import {type FileAttributes, isDirectory} from '../../ssh/sftp/attributes.js';

/** The order that makes a destination appear in one step, complete, and stay: every line needs the one before it. */
export async function publish(partial: HeldPartial, options: PublishOptions): Promise<Entry> {
  const {session, root, handle} = partial;
  const destination = await root.locateForCreation(session, options.destination);
  await countBytes(partial, options.size ?? partial.spec.size);
  const attributes = {...unmarked(await session.fstat(handle)), ...wireAttributes(options)};
  await session.fsetstat(handle, attributes);
  if (session.supports('fsync@openssh.com')) await session.fsync(handle);
  options.signal?.throwIfAborted();
  await takeName(session, {...partial, destination, path: options.destination, ifExists: options.ifExists});
  await syncDirectory(session, parentOf(destination));
  const published = await session.fstat(handle);
  // Until the partial's name was gone, another attempt may have written the same bytes again, and moved the time by it.
  if (attributes.mtime === published.mtime) return entryOf(published);
  await session.fsetstat(handle, attributes);
  return entryOf(await session.fstat(handle));
}

interface NameChange {
  readonly absolute: string;
  readonly destination: string;
  /** The destination as messages name it. */
  readonly path: string;
  readonly ifExists: 'replace' | 'keep';
}

/** Gives the partial the destination's name; its own name is gone afterwards. */
export async function takeName(session: FileSession, change: NameChange): Promise<void> {
  const {absolute, destination, ifExists} = change;
  try {
    if (ifExists === 'keep') await session.rename(absolute, destination);
    else if (session.supports('posix-rename@openssh.com')) await session.posixRename(absolute, destination);
    else await replaceInTwoSteps(session, absolute, destination);
  } catch (error) {
    if (hasStatus(error, STATUS.noSuchFile, STATUS.failure)) await explainFailure(session, change, error);
    throw error;
  }
}

async function replaceInTwoSteps(session: FileSession, absolute: string, destination: string): Promise<void> {
  await session.lstat(absolute);
  await session.unlink(destination).catch((error: unknown) => {
    if (!hasStatus(error, STATUS.noSuchFile)) throw error;
  });
  await session.rename(absolute, destination);
}

async function explainFailure(session: FileSession, change: NameChange, cause: unknown): Promise<void> {
  const partial = await lookOrUndefined(session, change.absolute);
  if (partial === undefined) throw partialConsumed(change.path, cause);
  const there = await lookOrUndefined(session, change.destination);
  if (there === undefined) return;
  const code = isDirectory(there) ? 'store.is-a-directory' : 'store.already-exists';
  throw new WaybillError(code, `${JSON.stringify(change.path)} exists already.`, {path: change.path, cause});
}

async function lookOrUndefined(session: FileSession, absolute: string): Promise<FileAttributes | undefined> {
  try {
    return await session.lstat(absolute);
  } catch (error) {
    if (hasStatus(error, STATUS.noSuchFile)) return undefined;
    throw error;
  }
}

/**
 * Counts what has the partial's name, not what is behind the handle: a younger partial that took the name, not yet
 * complete, must not be published.
 */
async function countBytes({session, handle, absolute, spec}: HeldPartial, expected: number): Promise<void> {
  if (!(await isSameFile(session, handle, absolute))) throw partialConsumed(spec.path);
  const {size: found} = await session.fstat(handle);
  if (found === expected) return;
  // Without SFTP a handle is a name, which another attempt may have published between the two looks.
  if (!(await isSameFile(session, handle, absolute))) throw partialConsumed(spec.path);
  const message = `The unfinished file holds ${found} bytes instead of ${expected}.`;
  throw new WaybillError('transfer.checksum-mismatch', message, {path: spec.path, expected, found});
}

export function partialConsumed(path: string, cause?: unknown): WaybillError {
  return new WaybillError(
    'transfer.partial-consumed',
    `The unfinished file ${JSON.stringify(path)} is gone: another attempt has published it.`,
    {path, ...(cause === undefined ? {} : {cause})},
  );
}
