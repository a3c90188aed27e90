import type {CallOptions, ListedEntry, StorePath} from '../store.js';
import {unlessAborted} from '../../abort/on-abort.js';
import {entryOf} from './entry.js';
import {translated} from './errors.js';
import type {SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';

/** Stands for bytes that are no UTF-8 in what ssh2 makes of a name. */
const REPLACEMENT = '\uFFFD';

/** Whether ssh2 may have made this name from bytes that are no UTF-8: it then names another file or none. */
export function isLossy(name: string): boolean {
  return name.includes(REPLACEMENT);
}

export async function* list(
  session: FileSession,
  root: SshRoot,
  directory: StorePath,
  options: CallOptions = {},
): AsyncGenerator<ListedEntry> {
  const handle = await translated(session, directory, async () =>
    session.openDirectory(await root.locateDirectory(session, directory)),
  );
  try {
    for (;;) {
      const page = await unlessAborted(
        options.signal,
        translated(session, directory, () => readPage(session, handle)),
      );
      if (page === undefined) return;
      for (const {filename, attrs} of page) {
        yield {...entryOf(attrs), name: filename, ...(isLossy(filename) ? {unrepresentable: true} : {})};
      }
    }
  } finally {
    if (!session.ended) await session.closeHandle(handle);
  }
}

type Page = Awaited<ReturnType<FileSession['readDirectory']>>;

async function readPage(session: FileSession, handle: Buffer): Promise<Page | undefined> {
  try {
    return await session.readDirectory(handle);
  } catch (error) {
    if (hasStatus(error, STATUS.eof)) return undefined;
    throw error;
  }
}
