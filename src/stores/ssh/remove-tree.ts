import {WaybillError} from '../../contracts/errors.js';
import type {TargetShell} from '../../execution/shell.js';
import {quote} from '../../ssh/quote.js';
import type {StorePath} from '../store.js';
import {isLossy} from './list.js';
import {ifThere, refuseRoot} from './names.js';
import {join, type SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';
import {isDirectory} from '../../ssh/sftp/attributes.js';

/** Follows no link: what is no directory is unlinked. Entries that vanish meanwhile are somebody else's success. */
export async function removeTree(
  session: FileSession,
  root: SshRoot,
  shell: TargetShell,
  path: StorePath,
  signal: AbortSignal | undefined,
): Promise<void> {
  refuseRoot(path);
  await ifThere(session, path, async () => {
    const absolute = await root.locate(session, path);
    root.forget(path);
    if (!isDirectory(await session.lstat(absolute))) await unlessMissing(session.unlink(absolute));
    else if (!(await removeDirectory(session, absolute, signal))) await removeByShell(shell, absolute, path, signal);
  });
}

/** False where something below has a name that only the target itself can write. */
async function removeDirectory(
  session: FileSession,
  absolute: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let complete = true;
  const handle = await session.openDirectory(absolute);
  try {
    for (let page = await nextPage(session, handle); page !== undefined; page = await nextPage(session, handle)) {
      signal?.throwIfAborted();
      const unlinked: Promise<void>[] = [];
      const below: string[] = [];
      for (const {filename, attrs} of page) {
        if (filename === '.' || filename === '..') continue;
        if (isLossy(filename)) complete = false;
        else if (isDirectory(attrs)) below.push(join(absolute, filename));
        else unlinked.push(unlessMissing(session.unlink(join(absolute, filename))));
      }
      const outcomes = await Promise.allSettled(unlinked);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      for (const directory of below) complete = (await removeDirectory(session, directory, signal)) && complete;
    }
  } finally {
    if (!session.ended) await session.closeHandle(handle);
  }
  if (complete) await unlessMissing(session.rmdir(absolute));
  return complete;
}

type Page = Awaited<ReturnType<FileSession['readDirectory']>>;

async function nextPage(session: FileSession, handle: Buffer): Promise<Page | undefined> {
  try {
    return await session.readDirectory(handle);
  } catch (error) {
    if (hasStatus(error, STATUS.eof)) return undefined;
    throw error;
  }
}

async function removeByShell(
  shell: TargetShell,
  absolute: string,
  path: StorePath,
  signal: AbortSignal | undefined,
): Promise<void> {
  const result = await shell.run(`rm -rf -- ${quote(absolute)}`, signal === undefined ? {} : {signal});
  if (result.status === 0) return;
  const said = Buffer.from(result.stderr).toString().trim().slice(0, 500);
  throw new WaybillError('name.not-carried', `${JSON.stringify(path)} holds names that are not UTF-8: ${said}`, {path});
}

async function unlessMissing(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!hasStatus(error, STATUS.noSuchFile)) throw error;
  }
}
