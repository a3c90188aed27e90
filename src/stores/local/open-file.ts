import {type BigIntStats, constants} from 'node:fs';
import {type FileHandle, lstat, open} from 'node:fs/promises';
import {WaybillError} from '../../contracts/errors.js';
import {isErrno} from './errors.js';

/**
 * Opens a regular file and nothing else. The look before the opening keeps devices from being opened at all, which can
 * act on some; the look after it counts, for the name may have changed hands between. Neither waits for a FIFO's writer.
 */
export async function openRegularFile(absolute: string, path: string): Promise<OpenedFile> {
  if (!(await lstat(absolute)).isFile()) throw notRegular(path);
  const handle = await openWithoutFollowing(absolute, path);
  try {
    const stats = await handle.stat({bigint: true});
    if (!stats.isFile()) throw notRegular(path);
    return {handle, stats};
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export interface OpenedFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

async function openWithoutFollowing(absolute: string, path: string): Promise<FileHandle> {
  try {
    return await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // A link (ELOOP) or a socket or device (ENXIO) that took the name after the first look.
    if (isErrno(error, 'ELOOP', 'EMLINK', 'ENXIO')) throw notRegular(path);
    throw error;
  }
}

export function notRegular(path: string): WaybillError {
  return new WaybillError('source.special-file', `${JSON.stringify(path)} is not a regular file.`, {path});
}
