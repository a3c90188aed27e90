import {lstat, mkdir, realpath} from 'node:fs/promises';
import {dirname, join, resolve, sep} from 'node:path';
import {WaybillError} from '../../contracts/errors.js';
import {checkStorePath, splitStorePath} from '../paths.js';
import type {StorePath} from '../store.js';
import {isErrno, translated} from './errors.js';
import {syncDirectory} from './sync-directory.js';

/**
 * Turns StorePaths into paths of the file system. Links below the root are followed only while they stay below it:
 * what a path's parent really is decides, not how it is spelled.
 */
export class LocalRoot {
  readonly path: string;
  #real: string | undefined;
  #closed = false;
  /** Looks at directories that are under way: who asks meanwhile shares the answer, as many small files do. */
  readonly #looks = new Map<StorePath, Promise<string>>();

  constructor(path: string) {
    this.path = resolve(path);
  }

  close(): void {
    this.#closed = true;
  }

  /** Where `path` lies, its parent resolved; the last component itself may be a link. Rejects where the parent is missing. */
  async locate(path: StorePath): Promise<string> {
    const split = this.#split(path);
    if (split === undefined) return this.#realRoot();
    return join(await this.#realDirectory(split.directory), split.name);
  }

  /** Like `locate`, and follows the last component too, which must stay below the root. */
  async locateDirectory(path: StorePath): Promise<string> {
    this.#split(path);
    return this.#realDirectory(path);
  }

  /** Like `locate`, and creates the parents that are missing, durably. */
  async locateForCreation(path: StorePath): Promise<string> {
    const split = this.#split(path);
    if (split === undefined) throw new WaybillError('store.is-a-directory', 'The root itself is no place for a file.');
    return join(await this.createDirectory(split.directory), split.name);
  }

  /** Creates a directory with its parents where they are missing and returns its real path. Follows no link that leaves the root. */
  async createDirectory(path: StorePath, mode = 0o777): Promise<string> {
    const split = this.#split(path);
    try {
      return await this.#realDirectory(path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    if (split === undefined) return this.#createRoot();
    const parent = await this.createDirectory(split.directory);
    try {
      await mkdir(join(parent, split.name), {mode});
      await syncDirectory(parent);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
      // Another attempt was faster, or a link that leads nowhere has the name: the second look tells them apart.
      const found = await lstat(join(parent, split.name));
      if (!found.isDirectory()) throw notADirectory(path);
    }
    // A look that is under way may have begun before the directory was there.
    return this.#look(await this.#realRoot(), path);
  }

  /** True where `absolute`, already resolved, is the root or lies below it. */
  async contains(absolute: string): Promise<boolean> {
    return isWithin(await this.#realRoot(), absolute);
  }

  #split(path: StorePath): ReturnType<typeof splitStorePath> {
    if (this.#closed) throw new WaybillError('store.unavailable', 'The store has been closed.', {path});
    return splitStorePath(checkStorePath(path));
  }

  async #realRoot(): Promise<string> {
    this.#real ??= await realpath(this.path);
    return this.#real;
  }

  async #realDirectory(directory: StorePath): Promise<string> {
    const root = await this.#realRoot();
    if (directory === '') return root;
    const underWay = this.#looks.get(directory);
    if (underWay !== undefined) return await underWay;
    const look = this.#look(root, directory).finally(() => this.#looks.delete(directory));
    this.#looks.set(directory, look);
    return await look;
  }

  async #look(root: string, directory: StorePath): Promise<string> {
    // The dot makes the system refuse a file here, where `realpath` alone would take one.
    const real = await realpath(`${join(root, directory)}/.`);
    if (isWithin(root, real)) return real;
    throw new WaybillError('name.outside-root', `${JSON.stringify(directory)} is a link that leads out of the root.`, {
      path: directory,
      found: real,
    });
  }

  async #createRoot(): Promise<string> {
    const first = await mkdir(this.path, {recursive: true});
    if (first !== undefined) {
      for (let made = this.path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
    }
    return this.#realRoot();
  }
}

/** Runs `work` with the place of `path`, or answers undefined where it or a parent is missing. */
export async function ifThere<T>(path: StorePath, work: () => Promise<T>): Promise<T | undefined> {
  return translated(path, async () => {
    try {
      return await work();
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  });
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function notADirectory(path: string): WaybillError {
  return new WaybillError(
    'store.not-a-directory',
    `${JSON.stringify(path)} is taken by something that is no directory.`,
    {
      path,
    },
  );
}
