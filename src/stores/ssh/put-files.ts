import {toError, WaybillError} from '../../contracts/errors.js';
import {inParallel} from '../in-parallel.js';
import type {CallOptions, SmallFile, SmallFileResult} from '../store.js';
import {settledUnlessAborted} from './abort.js';
import {syncDirectory} from './durability.js';
import {fromStatus} from './errors.js';
import type {HashShell} from './hash-shell.js';
import {takeName} from './publish.js';
import {parentOf, type SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import type {FileSessions} from './sessions.js';
import {SftpStatus} from '../../ssh/sftp/status.js';
import {proveFiles, type WrittenFile} from './prove-files.js';
import {syncEach, syncFileSystems} from './sync-by-shell.js';
import {OPEN_FILES, writeFiles} from './write-files.js';

/** Files that are proved by one command, while the next ones are written. */
const GROUP = 512;

/**
 * Files are written, synced, proved and renamed in groups. Where the target can sync a file system by one command, a
 * group is put on the medium by that, once before it is renamed and once after; else, and where that fails, each file and
 * directory is synced.
 */
export async function putFiles(
  sessions: FileSessions,
  root: SshRoot,
  shell: HashShell,
  files: readonly SmallFile[],
  options: CallOptions = {},
): Promise<readonly SmallFileResult[]> {
  const groups: (readonly SmallFile[])[] = [];
  for (let from = 0; from < files.length; from += GROUP) groups.push(files.slice(from, from + GROUP));
  const results: (readonly SmallFileResult[])[] = groups.map(() => []);
  const waiting = groups.entries();
  const work = async (slot: number): Promise<void> => {
    for (const [index, group] of waiting) {
      const session = await sessions.get(slot % sessions.limit, options.signal);
      const done = putGroup(session, root, shell, group, options.signal);
      results[index] = await settledUnlessAborted(options.signal, session, done);
    }
  };
  const workers = await Promise.allSettled(
    Array.from({length: Math.min(2 * sessions.limit, groups.length)}, (_, slot) => work(slot)),
  );
  options.signal?.throwIfAborted();
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return results.flat();
}

async function putGroup(
  session: FileSession,
  root: SshRoot,
  shell: HashShell,
  files: readonly SmallFile[],
  signal: AbortSignal | undefined,
): Promise<readonly SmallFileResult[]> {
  const failures = new Map<SmallFile, Error>();
  const attempt = async (file: SmallFile, step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      // The end of the session is the end of the group, not of one file.
      if (session.ended || signal?.aborted === true) throw error;
      failures.set(file, await explained(session, file, error));
    }
  };
  const write = async (those: readonly SmallFile[], sync: boolean): Promise<readonly WrittenFile[]> => {
    const written = await writeFiles(session, root, those, {sync, attempt});
    signal?.throwIfAborted();
    return written;
  };
  const together = await shell.syncsGroups(signal);
  let written = await write(files, !together);
  const partials = parentsOf(written.map(({absolute}) => absolute));
  if (together && partials.length > 0 && !(await syncFileSystems(shell, partials, signal))) {
    // It does not say which file it is about; nor may bytes still be there that could not be put on the medium.
    written = await write(
      written.map(({file}) => file),
      true,
    );
    if (!session.supports('fsync@openssh.com')) await syncByShell(shell, written, failures, signal);
  }
  const {verified, mismatches} = await proveFiles(session, shell, written, signal);
  for (const [file, error] of mismatches) failures.set(file, error);
  const renamed: string[] = [];
  const good = written.filter(({file}) => !failures.has(file));
  await inParallel(good, OPEN_FILES, ({file, absolute, destination}) =>
    attempt(file, async () => {
      await takeName(session, {absolute, destination, path: file.destination, ifExists: file.ifExists});
      renamed.push(destination);
    }),
  );
  // Destinations lie on the same file system as the partials, in directories that may be closed to this user.
  const namesSynced = together && (renamed.length === 0 || (await syncFileSystems(shell, partials, signal)));
  if (!namesSynced) await syncDirectories(session, shell, parentsOf(renamed), together, signal);
  return files.map((file) => {
    const error = failures.get(file);
    return error === undefined ? {outcome: 'published', verified} : {outcome: 'failed', error};
  });
}

/** For a server that has no sync of its own. */
async function syncByShell(
  shell: HashShell,
  written: readonly WrittenFile[],
  failures: Map<SmallFile, Error>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const reasons = await syncEach(
    shell,
    written.map(({absolute}) => absolute),
    signal,
  );
  for (const [index, {file}] of written.entries()) {
    const reason = reasons[index];
    if (reason !== undefined) failures.set(file, new WaybillError('store.io', reason, {path: file.destination}));
  }
}

/** As `syncDirectory`: one that may not be opened is left to its file system. */
async function syncDirectories(
  session: FileSession,
  shell: HashShell,
  directories: readonly string[],
  byShell: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (byShell && !session.supports('fsync@openssh.com')) await syncEach(shell, directories, signal);
  else await Promise.all(directories.map((directory) => syncDirectory(session, directory)));
}

function parentsOf(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map(parentOf))];
}

async function explained(session: FileSession, file: SmallFile, error: unknown): Promise<Error> {
  return error instanceof SftpStatus ? fromStatus(session, file.destination, error) : toError(error);
}
