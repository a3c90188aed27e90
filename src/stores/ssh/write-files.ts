import {inParallel} from '../in-parallel.js';
import type {SmallFile} from '../store.js';
import {wireAttributes} from './entry.js';
import type {FileSession} from './file-session.js';
import {openPartialHandle, writeRange} from './partial.js';
import type {WrittenFile} from './prove-files.js';
import type {SshRoot} from './root.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';
import {OPEN} from '../../ssh/sftp/open-flags.js';

/** Files of a group that are open at once; each has up to four requests under way. */
export const OPEN_FILES = 64;

interface Writing {
  /** Whether each file is put on the medium. */
  readonly sync: boolean;
  /** Runs what is done for one file, and keeps its failure from the others. */
  readonly attempt: (file: SmallFile, step: () => Promise<void>) => Promise<void>;
}

/** Answers which files are written: new ones in one go where the session can do that, and else each by itself. */
export async function writeFiles(
  session: FileSession,
  root: SshRoot,
  files: readonly SmallFile[],
  {sync, attempt}: Writing,
): Promise<WrittenFile[]> {
  const written: WrittenFile[] = [];
  const {putWhole} = session;
  if (putWhole === undefined) {
    await inParallel(files, OPEN_FILES, (file) =>
      attempt(file, async () => {
        const located = await locateFile(session, root, file);
        await writeFile(session, located, sync);
        written.push(located);
      }),
    );
    return written;
  }
  const located: WrittenFile[] = [];
  await inParallel(files, OPEN_FILES, (file) =>
    attempt(file, async () => void located.push(await locateFile(session, root, file))),
  );
  const outcomes = await putWhole(
    located.map(({file, absolute}) => ({absolute, content: file.content, attributes: wireAttributes(file)})),
  );
  await inParallel([...located.entries()], OPEN_FILES, ([index, each]) =>
    attempt(each.file, async () => {
      const outcome = outcomes[index];
      if (outcome instanceof Error) throw outcome;
      if (outcome === 'apart') await writeFile(session, each, sync);
      else if (sync) await syncFile(session, each.absolute);
      written.push(each);
    }),
  );
  return written;
}

async function locateFile(session: FileSession, root: SshRoot, file: SmallFile): Promise<WrittenFile> {
  const destination = await root.locateForCreation(session, file.destination);
  const absolute = await root.locateForCreation(session, file.partial);
  return {file, absolute, destination};
}

async function syncFile(session: FileSession, absolute: string): Promise<void> {
  if (!session.supports('fsync@openssh.com')) return;
  const handle = await session.open(absolute, OPEN.read);
  try {
    await session.fsync(handle);
  } finally {
    await session.closeHandle(handle);
  }
}

async function writeFile(session: FileSession, {file, absolute}: WrittenFile, syncEach: boolean): Promise<void> {
  const handle = await openNew(session, absolute, file.partial);
  const attributes = wireAttributes(file);
  // One after the other on the wire: the server answers in order, nothing waits for an answer.
  const steps: Promise<void>[] = [];
  if (file.content.length > 0) steps.push(writeRange(session, handle, 0, file.content));
  if (attributes !== undefined) steps.push(session.fsetstat(handle, attributes));
  if (syncEach && session.supports('fsync@openssh.com')) steps.push(session.fsync(handle));
  steps.push(session.closeHandle(handle));
  const outcomes = await Promise.allSettled(steps);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function openNew(session: FileSession, absolute: string, path: string): Promise<Buffer> {
  try {
    return await session.open(absolute, OPEN.read | OPEN.write | OPEN.create | OPEN.exclusive, 0o600);
  } catch (error) {
    if (!hasStatus(error, STATUS.failure)) throw error;
    // An earlier attempt left it, or the disk is full, which the second look tells.
    return openPartialHandle(session, absolute, path);
  }
}
