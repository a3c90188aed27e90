import {constants} from 'node:fs';
import {open} from 'node:fs/promises';
import {isErrno} from './errors.js';

/** Puts a directory's names on the medium: without it a power cut may undo a rename that was already reported. */
export async function syncDirectory(absolute: string): Promise<void> {
  try {
    await using directory = await open(absolute, constants.O_RDONLY | constants.O_DIRECTORY);
    await directory.sync();
  } catch (error) {
    // Some network file systems have no sync for directories, and one that may be written but not read cannot be opened.
    if (!isErrno(error, 'EINVAL', 'ENOTSUP', 'EACCES')) throw error;
  }
}
