import {WaybillError} from '../../contracts/errors.js';
import type {SshPool} from '../../ssh/pool.js';
import type {CallOptions, HashedFile, StorePath} from '../store.js';
import {entryOf} from './entry.js';
import {translated} from './errors.js';
import {HashShell} from './hash-shell.js';
import type {SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {openSource} from './source.js';

/**
 * Hashes a file in a shell of its own: a long one would hold up what transfers ask of the shared one, and ends with its shell.
 * The shell opens the name, so that it must be the same file before and after.
 */
export async function hashFile(
  session: FileSession,
  root: SshRoot,
  pool: SshPool,
  path: StorePath,
  {signal}: CallOptions = {},
): Promise<HashedFile | undefined> {
  const source = await openSource(session, root, path);
  const shell = new HashShell(pool);
  try {
    if (!(await shell.available(signal))) return undefined;
    const {entry} = source;
    const absolute = await root.locate(session, path);
    const [sha256] = await shell.hash(absolute, [{offset: 0, length: entry.size}], entry.size, signal);
    const after = await translated(session, path, async () => entryOf(await session.lstat(absolute)));
    if (sha256 === undefined || after.kind !== 'file' || after.identity !== entry.identity) {
      throw new WaybillError('source.changed', `${JSON.stringify(path)} changed while it was hashed.`, {path});
    }
    return {entry, sha256};
  } finally {
    await shell.close();
    await source.close();
  }
}
