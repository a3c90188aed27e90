import {hasCode, WaybillError} from '../../contracts/errors.js';
import {splitStorePath} from '../paths.js';
import type {Attributes, Entry, StorePath} from '../store.js';
import {syncDirectory} from './durability.js';
import {entryOf, wireAttributes} from './entry.js';
import {translated} from './errors.js';
import {LEADS_NOWHERE, parentOf, type SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';
import {isDirectory, isLink} from '../../ssh/sftp/attributes.js';

export async function stat(session: FileSession, root: SshRoot, path: StorePath): Promise<Entry | undefined> {
  return ifThere(session, path, async () => entryOf(await session.lstat(await root.locate(session, path))));
}

export async function rename(
  session: FileSession,
  root: SshRoot,
  from: StorePath,
  to: StorePath,
  overwrite: boolean,
): Promise<void> {
  refuseRoot(from);
  refuseRoot(to);
  await translated(session, from, async () => {
    const source = await root.locate(session, from);
    const destination = await translated(session, to, () => root.locate(session, to));
    try {
      if (overwrite) await session.posixRename(source, destination);
      else await session.rename(source, destination);
    } catch (error) {
      if (hasStatus(error, STATUS.failure)) await refuseExisting(session, destination, to, error);
      throw error;
    }
    root.forget(from);
    root.forget(to);
    await syncDirectory(session, parentOf(destination));
    if (parentOf(source) !== parentOf(destination)) await syncDirectory(session, parentOf(source));
  });
}

export async function remove(session: FileSession, root: SshRoot, path: StorePath): Promise<void> {
  refuseRoot(path);
  await ifThere(session, path, async () => {
    const absolute = await root.locate(session, path);
    if (!isDirectory(await session.lstat(absolute))) return session.unlink(absolute);
    root.forget(path);
    try {
      await session.rmdir(absolute);
    } catch (error) {
      if (!hasStatus(error, STATUS.failure) || (await isEmpty(session, absolute))) throw error;
      throw new WaybillError('store.not-empty', `${JSON.stringify(path)} is not empty.`, {path, cause: error});
    }
  });
}

/** Of a link it would set what the link points to: that is refused. */
export async function setAttributes(
  session: FileSession,
  root: SshRoot,
  path: StorePath,
  attributes: Attributes,
): Promise<void> {
  const wire = wireAttributes(attributes);
  if (wire === undefined) return;
  await translated(session, path, async () => {
    const absolute = await root.locate(session, path);
    const found = await session.lstat(absolute);
    if (isLink(found)) throw new WaybillError('store.unsupported', `${JSON.stringify(path)} is a link.`, {path});
    await session.setstat(absolute, wire);
  });
}

/** Asks at the nearest directory that exists. */
export async function freeSpace(session: FileSession, root: SshRoot, path: StorePath): Promise<number | undefined> {
  return translated(session, path, () => nearestSpace(session, root, path));
}

async function nearestSpace(session: FileSession, root: SshRoot, path: StorePath): Promise<number | undefined> {
  for (let place = path; ; ) {
    try {
      return (await session.space(await root.locate(session, place)))?.freeBytes;
    } catch (error) {
      const parent = splitStorePath(place);
      if (!hasStatus(error, STATUS.noSuchFile) || parent === undefined) throw error;
      place = parent.directory;
    }
  }
}

export function refuseRoot(path: StorePath): void {
  if (path === '') throw new WaybillError('name.outside-root', 'The root itself is not renamed or removed.', {path});
}

/** Runs `work`, or answers undefined where `path` or a parent is missing. */
export async function ifThere<T>(
  session: FileSession,
  path: StorePath,
  work: () => Promise<T>,
): Promise<T | undefined> {
  return translated(session, path, async () => {
    try {
      return await work();
    } catch (error) {
      if (hasStatus(error, STATUS.noSuchFile)) return undefined;
      if (hasCode(error, 'store.not-a-directory') && error.found !== LEADS_NOWHERE) return undefined;
      throw error;
    }
  });
}

export async function refuseExisting(
  session: FileSession,
  absolute: string,
  path: StorePath,
  cause: unknown,
): Promise<void> {
  const there = await session.lstat(absolute).catch(() => undefined);
  if (there === undefined) return;
  throw new WaybillError('store.already-exists', `${JSON.stringify(path)} exists already.`, {path, cause});
}

async function isEmpty(session: FileSession, absolute: string): Promise<boolean> {
  const handle = await session.openDirectory(absolute);
  try {
    const page = await session.readDirectory(handle);
    return page.every(({filename}) => filename === '.' || filename === '..');
  } catch (error) {
    if (hasStatus(error, STATUS.eof)) return true;
    throw error;
  } finally {
    await session.closeHandle(handle);
  }
}
