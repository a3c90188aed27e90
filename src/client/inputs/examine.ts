import {realpath, stat} from 'node:fs/promises';
import {isAbsolute, relative, sep} from 'node:path';

/** What a path of this machine leads to, links followed. `path` is absolute and real. */
export type Examined =
  | {readonly kind: 'file'; readonly path: string; readonly executable: boolean}
  | {readonly kind: 'directory'; readonly path: string}
  | {readonly kind: 'special'; readonly path: string; readonly what: 'socket' | 'FIFO' | 'device'}
  | {
      readonly kind: 'unusable';
      readonly reason: 'missing' | 'circle' | 'denied' | 'impossible';
      readonly cause: unknown;
    };

export async function examine(path: string): Promise<Examined> {
  try {
    const found = await stat(path);
    const real = await realpath(path);
    if (found.isFile()) return {kind: 'file', path: real, executable: (found.mode & 0o111) !== 0};
    if (found.isDirectory()) return {kind: 'directory', path: real};
    const what = found.isSocket() ? 'socket' : found.isFIFO() ? 'FIFO' : 'device';
    return {kind: 'special', path: real, what};
  } catch (cause) {
    return {kind: 'unusable', reason: reasonOf(cause), cause};
  }
}

/** A path below `directory` as the system reads it: `link/..` is not the place that its text suggests. */
export function below(directory: string, text: string): string {
  return isAbsolute(text) ? text : `${directory}/${text}`;
}

/** The path from `root` to `path`, both real; undefined where it leads out. Empty for the root itself. */
export function within(root: string, path: string): string | undefined {
  const way = relative(root, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way;
}

function reasonOf(cause: unknown): 'missing' | 'circle' | 'denied' | 'impossible' {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
  if (code === 'ELOOP') return 'circle';
  return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'impossible';
}
