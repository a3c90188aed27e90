import {type AttributeChange, type FileAttributes, isDirectory, isFile, isLink} from '../../ssh/sftp/attributes.js';
import type {Attributes, Entry, EntryKind} from '../store.js';

/** The last second that SFTP version 3 can tell. */
export const MAX_SECONDS = 0xff_ff_ff_ff;

export function entryOf(stats: FileAttributes): Entry {
  const kind = kindOf(stats);
  const size = kind === 'file' ? stats.size : 0;
  return {
    kind,
    size,
    mode: stats.mode & 0o7777,
    modifiedAt: stats.mtime * 1000,
    ...(stats.owner === undefined ? {} : {owner: stats.owner}),
    // SFTP version 3 tells neither inode nor change time.
    identity: `${kind}:${size}:${stats.mtime}`,
  };
}

function kindOf(stats: FileAttributes): EntryKind {
  if (isFile(stats)) return 'file';
  if (isDirectory(stats)) return 'directory';
  return isLink(stats) ? 'link' : 'special';
}

/**
 * Attributes as SFTP writes them. Version 3 has seconds from 1970 to 2106: what lies outside becomes the nearest one.
 * It sets both times or none, so that the access time follows the modification time.
 */
export function wireAttributes({mode, modifiedAt, owner}: Attributes): AttributeChange | undefined {
  if (mode === undefined && modifiedAt === undefined && owner === undefined) return undefined;
  const seconds =
    modifiedAt === undefined ? undefined : Math.min(MAX_SECONDS, Math.max(0, Math.floor(modifiedAt / 1000)));
  return {
    ...(mode === undefined ? {} : {mode: mode & 0o7777}),
    ...(owner === undefined ? {} : {owner}),
    ...(seconds === undefined ? {} : {atime: seconds, mtime: seconds}),
  };
}
