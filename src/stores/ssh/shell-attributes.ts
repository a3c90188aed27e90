import type {AttributeChange, FileAttributes} from '../../ssh/sftp/attributes.js';

/** A file as `stat` tells it. */
export interface StatedFile {
  readonly attributes: FileAttributes;
  /**
   * Device, inode and, where the program tells it, time of birth: two equal ones are one file. The inode alone may be that
   * of a file which is gone by now.
   */
  readonly identity: string;
}

/** What stands before a name in the answers of both kinds of `stat`. */
const STATED = /^([0-9a-f]+) (\d+) (-?\d+) (-?\d+) (\d+):(\d+) (\d+:\d+:\S+)/i;

/** What makes `StatedFile.identity`. BusyBox prints a letter for the time of birth. */
export const IDENTITY_FORMATS = {c: '%d:%i:%.9W', f: '%d:%i:%B'} as const;

/** In the order of `STATED`: mode, size, modification time, access time, user and group, identity. */
export const STAT_FORMATS = {
  c: `%f %s %Y %X %u:%g ${IDENTITY_FORMATS.c}`,
  f: `%Xp %z %m %a %u:%g ${IDENTITY_FORMATS.f}`,
} as const;

/** What comes before the name, and how long that is; undefined where it is something else. */
export function parseStated(text: string): {readonly file: StatedFile; readonly length: number} | undefined {
  const found = STATED.exec(text);
  if (found === null) return undefined;
  const [whole, mode = '', size = '', mtime = '', atime = '', uid = '', gid = '', identity = ''] = found;
  const attributes = {
    ...{size: Number(size), mode: Number.parseInt(mode, 16), atime: Number(atime), mtime: Number(mtime)},
    owner: {uid: Number(uid), gid: Number(gid)},
  };
  return {file: {attributes, identity}, length: whole.length};
}

/** Commands that change what `"$f"` names, each only after the one before it worked. */
export function changeCommands({owner, mode, atime, mtime}: AttributeChange): string {
  const commands: string[] = [];
  // First: it takes bits of the mode away.
  if (owner !== undefined) commands.push(`chown ${owner.uid}:${owner.gid} "$f"`);
  // Five digits: with four, GNU's chmod keeps the set-group-id bit of a directory.
  if (mode !== undefined) commands.push(`chmod ${(mode & 0o7777).toString(8).padStart(5, '0')} "$f"`);
  if (mtime !== undefined) commands.push(`TZ=UTC0 touch -c -t ${stamp(mtime)} "$f"`);
  // BusyBox without -a keeps the modification time in its place, which nothing depends on.
  if (atime !== undefined && atime !== mtime)
    commands.push(`{ TZ=UTC0 touch -c -a -t ${stamp(atime)} "$f" 2>/dev/null || :; }`);
  return commands.length === 0 ? ':' : commands.join(' && ');
}

/** The form that POSIX has for `touch -t`. */
function stamp(seconds: number): string {
  const [date = '', time = ''] = new Date(seconds * 1000).toISOString().split('T');
  const [hours = '', minutes = '', rest = ''] = time.split(':');
  return `${date.replaceAll('-', '')}${hours}${minutes}.${rest.slice(0, 2)}`;
}
