import {type ErrorCode, WaybillError} from '../../contracts/errors.js';
import type {FileSession} from './file-session.js';
import {type RefusingMedium, SftpStatus, STATUS} from '../../ssh/sftp/status.js';

/** Less than this is what a server keeps back when its disk is full. */
const FULL_BELOW_BYTES = 1024 * 1024;

/** Runs `work` and turns a status that it rejects with into a WaybillError about `path`; other errors stay. */
export async function translated<T>(session: FileSession, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SftpStatus)) throw error;
    throw await fromStatus(session, path, error);
  }
}

/**
 * A bare FAILURE can mean anything: the file system that holds `absolute`, or else the root, is asked whether it is
 * full or read-only.
 */
export async function fromStatus(
  session: FileSession,
  path: string,
  error: SftpStatus,
  absolute?: string,
): Promise<WaybillError> {
  const asked = error.status === STATUS.failure ? (absolute ?? session.place) : undefined;
  const medium = error.medium ?? (asked === undefined ? undefined : await mediumOf(session, asked));
  const reason = medium === undefined ? undefined : REFUSALS[medium];
  const code = reason?.code ?? codeOf(error);
  return new WaybillError(code, `${JSON.stringify(path)}: ${reason?.said ?? error.message}`, {path, cause: error});
}

const REFUSALS = {
  full: {code: 'store.no-space', said: 'the file system is full'},
  'read-only': {code: 'store.read-only', said: 'the file system is read-only'},
} as const satisfies Record<RefusingMedium, {readonly code: ErrorCode; readonly said: string}>;

async function mediumOf(session: FileSession, absolute: string): Promise<RefusingMedium | undefined> {
  const space = await session.space(absolute).catch(() => undefined);
  if (space === undefined) return undefined;
  if (space.readOnly) return 'read-only';
  const full = space.freeBytes < FULL_BELOW_BYTES || (space.inodes > 0 && space.freeInodes === 0);
  return full ? 'full' : undefined;
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
