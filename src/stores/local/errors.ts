import {type ErrorCode, WaybillError} from '../../contracts/errors.js';
import type {ThreadFailure} from '../../hashing/requests.js';

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'store.not-found',
  EEXIST: 'store.already-exists',
  EACCES: 'store.permission-denied',
  EPERM: 'store.permission-denied',
  ENOSPC: 'store.no-space',
  EDQUOT: 'store.no-space',
  EROFS: 'store.read-only',
  ENOTDIR: 'store.not-a-directory',
  // A chain of links that never ends, in a place where a directory is needed.
  ELOOP: 'store.not-a-directory',
  EISDIR: 'store.is-a-directory',
  ENOTEMPTY: 'store.not-empty',
  ENAMETOOLONG: 'name.not-carried',
  EILSEQ: 'name.not-carried',
  EFBIG: 'store.unsupported',
  ENOTSUP: 'store.unsupported',
  EOPNOTSUPP: 'store.unsupported',
  EXDEV: 'store.unsupported',
  ENOSYS: 'store.unsupported',
};

/** What the operating system said, as a WaybillError; every other error as it is. */
export function fromSystem(error: unknown, path: string): Error {
  const errno = errnoOf(error);
  if (errno !== undefined) return translate(error, errno, path);
  return error instanceof Error ? error : new Error(String(error), {cause: error});
}

/** The same of what the system said to another thread. */
export function fromThread({message, code, syscall}: ThreadFailure, path: string): Error {
  return fromSystem(Object.assign(new Error(message), {code, syscall}), path);
}

/** Throws what `fromSystem` makes of a system error, and everything else, an abort's reason above all, as it came. */
export function rethrowTranslated(error: unknown, path: string): never {
  const errno = errnoOf(error);
  if (errno !== undefined) throw translate(error, errno, path);
  throw error;
}

/** Runs `work` and translates what it throws. */
export async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return rethrowTranslated(error, path);
  }
}

function translate(error: unknown, errno: string, path: string): WaybillError {
  const said = error instanceof Error ? error.message : errno;
  return new WaybillError(codes[errno] ?? 'store.io', `${JSON.stringify(path)}: ${said}`, {path, cause: error});
}

/** The errno name of a system error (`ENOENT`), undefined for every other value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function isErrno(error: unknown, ...names: readonly string[]): boolean {
  const errno = errnoOf(error);
  return errno !== undefined && names.includes(errno);
}
