import {timeLimit} from '../../abort/time-limit.js';
import {WaybillError} from '../../contracts/errors.js';
import type {SshPool} from '../../ssh/pool.js';
import type {ByteRange, HashedFile, HashOptions, StorePath} from '../store.js';
import {entryOf} from './entry.js';
import {translated} from './errors.js';
import {HashShell} from './hash-shell.js';
import type {SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {openSource} from './source.js';

/** Ranges of one question, each of which costs a process or two. */
const BATCH = 256;

/** Milliseconds in which a session has to be had that can be done without. */
export const SESSION_WITHIN_MS = 10_000;

/**
 * Hashes a file in a shell of its own: a long one would hold up what transfers ask of the shared one, and ends with its shell.
 * The shell opens the name, so that it must be the same file before and after.
 */
export async function hashFile(
  session: FileSession,
  root: SshRoot,
  pool: SshPool,
  path: StorePath,
  {ranges = [], signal}: HashOptions = {},
): Promise<HashedFile | undefined> {
  const source = await openSource(session, root, path);
  const shell = new HashShell(pool);
  try {
    if (!(await availableSoon(shell, signal))) return undefined;
    const {entry} = source;
    const absolute = await root.locate(session, path);
    const hashed = async (asked: readonly ByteRange[]): Promise<string[]> => {
      const digests = await shell.hash(absolute, asked, entry, signal);
      return digests.filter((digest) => digest !== undefined);
    };
    const [sha256] = await hashed([{offset: 0, length: entry.size}]);
    const digests: string[] = [];
    for (let at = 0; at < ranges.length; at += BATCH) digests.push(...(await hashed(ranges.slice(at, at + BATCH))));
    const after = await translated(session, path, async () => entryOf(await session.lstat(absolute)));
    const isSame = after.kind === 'file' && after.identity === entry.identity;
    if (sha256 === undefined || digests.length < ranges.length || !isSame) {
      throw new WaybillError('source.changed', `${JSON.stringify(path)} changed while it was hashed.`, {path});
    }
    return {entry, sha256, ranges: digests};
  } finally {
    shell.close();
    await source.close();
  }
}

/** A host that grants one session in all has given it to the caller: none comes free as long as that lasts. */
export async function availableSoon(shell: HashShell, signal: AbortSignal | undefined): Promise<boolean> {
  const soon = timeLimit(SESSION_WITHIN_MS, signal);
  try {
    return await shell.available(soon.signal);
  } catch (error) {
    if (!soon.over || signal?.aborted === true) throw error;
    return false;
  } finally {
    soon.end();
  }
}
