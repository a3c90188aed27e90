import {createHash} from 'node:crypto';
import {chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';

/** What a directory holds: `name` → kind, mode and content, links by where they point. */
export async function snapshot(root: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(root, {recursive: true})) {
    const path = join(root, name);
    const stats = await lstat(path);
    const mode = (stats.mode & 0o777).toString(8);
    if (stats.isSymbolicLink()) found[name] = `-> ${await readlink(path)}`;
    else if (stats.isDirectory()) found[name] = `directory ${mode}`;
    else
      found[name] = `${mode} ${createHash('sha256')
        .update(await readFile(path))
        .digest('hex')}`;
  }
  return found;
}

export interface TreeEntry {
  readonly name: string;
  readonly mode?: number;
  /** A link where this is set, a directory where this and `content` are not. */
  readonly target?: string;
  readonly content?: Uint8Array | string;
}

/** Makes the entries below `root`, modes last: a directory that is read-only takes no file. */
export async function makeTree(root: string, entries: readonly TreeEntry[]): Promise<void> {
  await mkdir(root, {recursive: true});
  for (const {name, target, content} of entries) {
    const path = join(root, name);
    await mkdir(target === undefined && content === undefined ? path : dirname(path), {recursive: true});
    if (target !== undefined) await symlink(target, path);
    else if (content !== undefined) await writeFile(path, content);
  }
  for (const {name, mode} of [...entries].reverse()) if (mode !== undefined) await chmod(join(root, name), mode);
}
