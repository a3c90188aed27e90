import type {FileSession} from './file-session.js';
import {SftpStatus} from '../../ssh/sftp/status.js';
import {OPEN} from '../../ssh/sftp/open-flags.js';

/**
 * Puts a directory's names on the medium. OpenSSH opens a directory like a file and syncs it; a server that refuses
 * leaves this to its file system, which writes names back within seconds.
 */
export async function syncDirectory(session: FileSession, absolute: string): Promise<void> {
  if (!session.supports('fsync@openssh.com')) return;
  try {
    const handle = await session.open(absolute, OPEN.read);
    try {
      await session.fsync(handle);
    } finally {
      await session.closeHandle(handle);
    }
  } catch (error) {
    if (!(error instanceof SftpStatus)) throw error;
  }
}
