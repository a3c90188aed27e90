import {createHash, randomBytes} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {chmod, lstat, lutimes, mkdir, readdir, readlink, rm, symlink, utimes, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {type Content, type Digests, type Place, type Seen, UNFINISHED} from './place.js';
import type {Tree} from './tree.js';

/** Directories below `root` of this machine, which the worker reaches as `name:`, directly or over SSH. */
export class DiskPlace implements Place {
  constructor(
    private readonly name: string,
    private readonly root: string,
  ) {}

  location(directory: string): string {
    return `${this.name}:${join(this.root, directory)}`;
  }

  async fill(directory: string, tree: Tree): Promise<Digests> {
    const digests = new Map<string, string>();
    const root = join(this.root, directory);
    await mkdir(root, {recursive: true});
    for (const [name, {kind, size, target = '', mode}] of tree) {
      const path = join(root, name);
      if (kind === 'directory') await mkdir(path);
      else if (kind === 'link') await symlink(target, path);
      else {
        const content = randomBytes(size);
        digests.set(name, createHash('sha256').update(content).digest('hex'));
        await writeFile(path, content);
        await chmod(path, mode);
      }
    }
    // What is inside changes the times of a directory: it comes last.
    for (const [name, {kind, mode, modifiedAt}] of [...tree].reverse()) {
      const path = join(root, name);
      if (kind === 'directory') await chmod(path, mode);
      await (kind === 'link' ? lutimes : utimes)(path, modifiedAt, modifiedAt);
    }
    return digests;
  }

  async look(directory: string): Promise<ReadonlyMap<string, Seen>> {
    const root = join(this.root, directory);
    const found = new Map<string, Seen>();
    for (const entry of await readdir(root, {recursive: true, withFileTypes: true}).catch(() => [])) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(root.length + 1);
      // It may have gone since it was listed.
      const stats = await lstat(path, {bigint: true}).catch(() => undefined);
      if (stats === undefined) continue;
      const kind = stats.isFile()
        ? 'file'
        : stats.isDirectory()
          ? 'directory'
          : stats.isSymbolicLink()
            ? 'link'
            : 'special';
      found.set(name, {
        kind,
        size: kind === 'file' ? Number(stats.size) : 0,
        identity: [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' '),
      });
    }
    return found;
  }

  async read(directory: string, name: string, kind: Seen['kind']): Promise<Content> {
    const path = join(this.root, directory, name);
    const stats = await lstat(path);
    const told = {mode: stats.mode & 0o7777, modifiedAt: Math.floor(stats.mtimeMs / 1000)};
    if (kind === 'link') return {...told, target: await readlink(path)};
    if (kind !== 'file') return told;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return {...told, sha256: hash.digest('hex')};
  }

  async leftovers(directory: string): Promise<readonly string[]> {
    const names = await readdir(join(this.root, directory), {recursive: true}).catch(() => []);
    return names.filter((name) => UNFINISHED.test(name));
  }

  async remove(directory: string): Promise<void> {
    await rm(join(this.root, directory), {recursive: true, force: true});
  }
}
