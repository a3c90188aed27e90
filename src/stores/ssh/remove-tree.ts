import type {StorePath} from '../store.js';
import {translated} from './errors.js';
import {ifThere, refuseRoot} from './names.js';
import {join, type SshRoot} from './root.js';
import type {SftpSession} from './session.js';
import {hasStatus, STATUS} from './sftp-status.js';

/** Follows no link: what is no directory is unlinked. Entries that vanish meanwhile are somebody else's success. */
export async function removeTree(
  session: SftpSession,
  root: SshRoot,
  path: StorePath,
  signal?: AbortSignal,
): Promise<void> {
  refuseRoot(path);
  await ifThere(session, path, async () => {
    const absolute = await root.locate(session, path);
    root.forget(path);
    if ((await session.lstat(absolute)).isDirectory()) await removeDirectory(session, absolute, path, signal);
    else await unlessMissing(session.unlink(absolute));
  });
}

async function removeDirectory(
  session: SftpSession,
  absolute: string,
  path: StorePath,
  signal: AbortSignal | undefined,
): Promise<void> {
  const handle = await session.openDirectory(absolute);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const page = await session.readDirectory(handle).catch((error: unknown) => {
        if (hasStatus(error, STATUS.eof)) return undefined;
        throw error;
      });
      if (page === undefined) break;
      const unlinked: Promise<void>[] = [];
      const below: string[] = [];
      for (const {filename, attrs} of page) {
        if (filename === '.' || filename === '..') continue;
        if (attrs.isDirectory()) below.push(join(absolute, filename));
        else unlinked.push(unlessMissing(session.unlink(join(absolute, filename))));
      }
      const outcomes = await Promise.allSettled(unlinked);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      for (const directory of below) await removeDirectory(session, directory, path, signal);
    }
  } finally {
    if (!session.ended) await session.closeHandle(handle);
  }
  await translated(session, path, () => unlessMissing(session.rmdir(absolute)));
}

async function unlessMissing(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!hasStatus(error, STATUS.noSuchFile)) throw error;
  }
}
