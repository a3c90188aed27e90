import {randomInt} from 'node:crypto';
import {type FileAttributes, isFile} from '../../ssh/sftp/attributes.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';

/**
 * SFTP tells no inode, so that a name and a handle can't be compared by it. A new partial is given an access time
 * that is its own: at random in the years to 2038, where every file system keeps it and reading does not move it.
 */
const FROM_SECONDS = 1_830_000_000;
const TO_SECONDS = 2_147_000_000;

/** Marks a partial that was just created. */
export async function mark(session: FileSession, handle: Buffer): Promise<void> {
  const mtime = Math.floor(Date.now() / 1000);
  await session.fsetstat(handle, {atime: randomInt(FROM_SECONDS, TO_SECONDS), mtime});
}

/** Gives an unpublished partial's access time back to the present, where the caller sets no time. */
export function unmarked(stats: FileAttributes): {readonly atime: number; readonly mtime: number} {
  return {atime: Math.floor(Date.now() / 1000), mtime: stats.mtime};
}

/**
 * Whether the file behind the handle still has this name. What a name and a handle tell of one file at one moment is
 * the same; of a published file and a younger partial the access times differ.
 */
export async function isSameFile(session: FileSession, handle: Buffer, absolute: string): Promise<boolean> {
  // An attempt that publishes sets mode and times once, which may be just between the looks of another.
  return (await looksSame(session, handle, absolute)) || (await looksSame(session, handle, absolute));
}

async function looksSame(session: FileSession, handle: Buffer, absolute: string): Promise<boolean> {
  // The server answers in order: between these two nothing else of this session comes.
  const [held, named] = await Promise.allSettled([session.fstat(handle), session.lstat(absolute)]);
  if (held.status === 'rejected') throw held.reason;
  if (named.status === 'rejected') {
    if (hasStatus(named.reason, STATUS.noSuchFile)) return false;
    throw named.reason;
  }
  return isFile(named.value) && named.value.atime === held.value.atime && named.value.mode === held.value.mode;
}
