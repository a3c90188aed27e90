import {posix} from 'node:path';
import {WaybillError} from '../contracts/errors.js';

/**
 * Splits an absolute path into the allowed root that holds it and the rest. Textual only: that no link below the root
 * leads out of it is the store's promise. Rejects with `target.not-allowed` outside of every root (P8).
 */
export function allowedLocation(
  target: string,
  path: string,
  roots: readonly string[],
): {readonly root: string; readonly rest: string} {
  const normal = posix.normalize(path);
  for (const allowed of roots) {
    const root = posix.normalize(allowed).replace(/(.)\/+$/, '$1');
    if (normal === root) return {root, rest: ''};
    const prefix = root === '/' ? '/' : `${root}/`;
    if (normal.startsWith(prefix)) return {root, rest: normal.slice(prefix.length).replace(/\/+$/, '')};
  }
  const allowed = roots.length === 0 ? 'none is configured' : roots.join(', ');
  throw new WaybillError(
    'target.not-allowed',
    `${target}:${path} is below no allowed root of this target (${allowed})`,
    {path},
  );
}
