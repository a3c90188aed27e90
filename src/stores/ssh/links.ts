import {randomUUID} from 'node:crypto';
import {WaybillError} from '../../contracts/errors.js';
import type {StorePath} from '../store.js';
import {syncDirectory} from './durability.js';
import {translated} from './errors.js';
import {isLossy} from './list.js';
import {refuseExisting} from './names.js';
import {OBJECT_PARTIAL_PREFIX} from '../unfinished-objects.js';
import {join, parentOf, type SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';

export async function readLink(session: FileSession, root: SshRoot, path: StorePath): Promise<string> {
  const target = await translated(session, path, async () => session.readLink(await root.locate(session, path)));
  if (!isLossy(target)) return target;
  throw new WaybillError('name.not-carried', `The target of the link ${JSON.stringify(path)} is not UTF-8.`, {path});
}

export async function makeLink(session: FileSession, root: SshRoot, path: StorePath, target: string): Promise<void> {
  if (target === '' || target.includes('\0') || /\p{Surrogate}/u.test(target)) {
    throw new WaybillError('name.not-carried', `No link can hold the target ${JSON.stringify(target)}.`, {path});
  }
  await translated(session, path, async () => {
    const absolute = await root.locate(session, path);
    await refuseLeaving(session, root, {directory: parentOf(absolute), path, target});
    try {
      await makeSymlink(session, target, absolute);
    } catch (error) {
      if (!hasStatus(error, STATUS.failure)) throw error;
      if ((await session.readLink(absolute).catch(() => undefined)) === target) return;
      await refuseExisting(session, absolute, path, error);
      throw error;
    }
    await syncDirectory(session, parentOf(absolute));
  });
}

/**
 * A server that takes the names the other way round would make a name that the link's target chooses, anywhere: it is
 * first shown two names that are both harmless.
 */
async function makeSymlink(session: FileSession, target: string, absolute: string): Promise<void> {
  session.makesSecondName ??= findOrder(session, parentOf(absolute));
  const order = session.makesSecondName;
  const makesSecond = await order.catch((error: unknown) => {
    if (session.makesSecondName === order) session.makesSecondName = undefined;
    throw error;
  });
  await (makesSecond ? session.symlink(target, absolute) : session.symlink(absolute, target));
}

async function findOrder(session: FileSession, directory: string): Promise<boolean> {
  const [first, second] = [
    join(directory, OBJECT_PARTIAL_PREFIX + randomUUID()),
    join(directory, OBJECT_PARTIAL_PREFIX + randomUUID()),
  ];
  await session.symlink(first, second);
  const removed = await Promise.allSettled([session.unlink(first), session.unlink(second)]);
  const made = removed.findIndex((removal) => removal.status === 'fulfilled');
  if (made === -1)
    throw new WaybillError('ssh.protocol', 'The SFTP server says that it made a link, and there is none.');
  return made === 1;
}

interface NewLink {
  readonly directory: string;
  readonly path: StorePath;
  readonly target: string;
}

/** Walks the target as the system would; the first step out of the root decides, also one that would come back in. */
async function refuseLeaving(session: FileSession, root: SshRoot, {directory, path, target}: NewLink): Promise<void> {
  const absolute = target.startsWith('/');
  let place = absolute ? '/' : directory;
  // An absolute target starts outside and may come in; from there on it has to stay.
  let inside = !absolute;
  for (const component of target.split('/')) {
    if (component === '' || component === '.') continue;
    place = component === '..' ? parentOf(place) : await followed(session, join(place, component));
    const isInside = await root.contains(session, place);
    if (inside && !isInside) throw leavesRoot(path, target);
    inside = isInside;
  }
  if (!inside) throw leavesRoot(path, target);
}

/** Where a name leads; a name that is not there yet, or leads in a circle, stays as it is. */
async function followed(session: FileSession, absolute: string): Promise<string> {
  try {
    return await session.realPath(absolute);
  } catch (error) {
    if (hasStatus(error, STATUS.noSuchFile, STATUS.failure)) return absolute;
    throw error;
  }
}

function leavesRoot(path: StorePath, target: string): WaybillError {
  const message = `The link ${JSON.stringify(path)} would lead out of the root, to ${JSON.stringify(target)}.`;
  return new WaybillError('link.leaves-root', message, {path, found: target});
}
