import {type ErrorCode, WaybillError} from '../../contracts/errors.js';
import type {SftpSession} from './session.js';
import {SftpStatus, STATUS} from './sftp-status.js';

/** Less than this is what a server keeps back when its disk is full. */
const FULL_BELOW_BYTES = 1024 * 1024;

/** Runs `work` and turns a status that it rejects with into a WaybillError about `path`; other errors stay. */
export async function translated<T>(session: SftpSession, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SftpStatus)) throw error;
    throw await fromStatus(session, path, error);
  }
}

/**
 * A bare FAILURE can mean anything; a full disk is found out by asking for the space of the file system that holds
 * the nearest existing directory of `absolute`.
 */
export async function fromStatus(
  session: SftpSession,
  path: string,
  error: SftpStatus,
  absolute?: string,
): Promise<WaybillError> {
  const full = error.status === STATUS.failure && absolute !== undefined && (await isFull(session, absolute));
  const code = full ? 'store.no-space' : codeOf(error);
  const said = full ? 'the file system is full' : error.message;
  return new WaybillError(code, `${JSON.stringify(path)}: ${said}`, {path, cause: error});
}

function codeOf(error: SftpStatus): ErrorCode {
  switch (error.status) {
    case STATUS.noSuchFile:
      return 'store.not-found';
    case STATUS.permissionDenied:
      return 'store.permission-denied';
    case STATUS.unsupported:
      return 'store.unsupported';
    default:
      return 'store.io';
  }
}

export async function isFull(session: SftpSession, absolute: string): Promise<boolean> {
  const space = await session.space(absolute).catch(() => undefined);
  if (space === undefined) return false;
  return space.freeBytes < FULL_BELOW_BYTES || (space.inodes > 0 && space.freeInodes === 0);
}
