import {WaybillError} from '../../contracts/errors.js';
import {fromSystem, isErrno} from '../../stores/local/errors.js';

/** What kept this machine from reading `path`, named as `what` in the message. Every other error as it is. */
export function localError(cause: unknown, path: string, what = JSON.stringify(path)): Error {
  if (isErrno(cause, 'ENOENT')) return new WaybillError('store.not-found', `${what} is not there.`, {path, cause});
  if (isErrno(cause, 'EACCES', 'EPERM')) {
    return new WaybillError('store.permission-denied', `${what} may not be read.`, {
      path,
      cause,
      remedy: 'Give your user access to it, or leave it out.',
    });
  }
  return fromSystem(cause, path);
}

/** The directory that names are relative to, real. */
export function currentDirectoryError(cause: unknown, path: string): Error {
  if (!isErrno(cause, 'ENOENT')) return localError(cause, path, `The current directory ${JSON.stringify(path)}`);
  return new WaybillError('store.not-found', 'The current directory is not there any more.', {
    path,
    cause,
    remedy: 'Change to a directory that exists.',
  });
}
