import {WaybillError} from '../../contracts/errors.js';
import {splitStorePath} from '../paths.js';
import type {CallOptions, StorePath} from '../store.js';
import type {S3Client} from './client.js';
import type {KeySpace} from './keys.js';
import {anyBelow, headOf, page} from './look.js';

/** How long it is believed that a name is no file. */
const BELIEVED_MS = 30_000;
const MOST_BELIEVED = 20_000;

/**
 * A bucket takes `a` and `a/b` both; a tree has room for one of them. Whatever is about to be written is checked
 * against what is there, as a file system would.
 */
export class Placement {
  readonly #client: S3Client;
  readonly #keys: KeySpace;
  readonly #noFiles = new Map<StorePath, number>();
  /** Of large directories only: listing one for each group of files would cost more than the files. */
  readonly #directories = new Map<StorePath, {readonly until: number; readonly found: ReadonlySet<string>}>();

  constructor(client: S3Client, keys: KeySpace) {
    this.#client = client;
    this.#keys = keys;
  }

  /** Rejects where `path` is a directory, or lies below a file. */
  async check(path: StorePath, options: CallOptions): Promise<void> {
    await Promise.all([this.checkAbove(path, options), this.#refuseDirectory(path, options)]);
  }

  /** `check` for many files of one directory. Answers with what is wrong with each, in order. */
  async checkAll(paths: readonly StorePath[], options: CallOptions): Promise<readonly (Error | undefined)[]> {
    const groups = new Map<StorePath, StorePath[]>();
    for (const path of paths) {
      const {directory = ''} = splitStorePath(path) ?? {};
      groups.set(directory, [...(groups.get(directory) ?? []), path]);
    }
    const wrong = new Map<StorePath, Error>();
    await Promise.all(
      [...groups].map(async ([directory, group]) => {
        for (const [path, error] of await this.#checkGroup(directory, group, options)) wrong.set(path, error);
      }),
    );
    return paths.map((path) => wrong.get(path));
  }

  /** Rejects where a directory on the way to `path` is a file. */
  async checkAbove(path: StorePath, options: CallOptions): Promise<void> {
    const above: StorePath[] = [];
    for (let at = splitStorePath(path)?.directory ?? ''; at !== ''; at = splitStorePath(at)?.directory ?? '') {
      if ((this.#noFiles.get(at) ?? 0) < Date.now()) above.push(at);
    }
    await Promise.all(above.map((directory) => this.#refuseFile(directory, path, options)));
  }

  /** A file has this name now. */
  wrote(path: StorePath): void {
    this.#noFiles.delete(path);
  }

  async #checkGroup(
    directory: StorePath,
    group: readonly StorePath[],
    options: CallOptions,
  ): Promise<readonly (readonly [StorePath, Error])[]> {
    const first = group[0];
    if (first === undefined) return [];
    try {
      await this.checkAbove(first, options);
      const taken = await this.#directoriesIn(directory, options);
      const wrong = group.filter((path) => taken.has(`${this.#keys.key(path)}/`));
      return wrong.map((path) => [path, isDirectory(path)] as const);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof WaybillError) return group.map((path) => [path, error] as const);
      throw error;
    }
  }

  async #directoriesIn(directory: StorePath, options: CallOptions): Promise<ReadonlySet<string>> {
    const known = this.#directories.get(directory);
    if (known !== undefined && known.until > Date.now()) return known.found;
    this.#directories.delete(directory);
    const prefix = this.#keys.directoryKey(directory);
    const found = new Set<string>();
    let after: string | undefined;
    do {
      const {directories, next} = await page(this.#client, {...options, prefix, byDirectory: true, after});
      for (const each of directories) found.add(each);
      after = next;
      if (after !== undefined) this.#directories.set(directory, {until: Date.now() + BELIEVED_MS, found});
    } while (after !== undefined);
    return found;
  }

  async #refuseFile(directory: StorePath, path: StorePath, options: CallOptions): Promise<void> {
    if ((await headOf(this.#client, this.#keys.key(directory), options)) !== undefined) {
      const message = `${JSON.stringify(path)} would lie below ${JSON.stringify(directory)}, which is a file.`;
      throw new WaybillError('store.not-a-directory', message, {path});
    }
    if (this.#noFiles.size >= MOST_BELIEVED) this.#noFiles.clear();
    this.#noFiles.set(directory, Date.now() + BELIEVED_MS);
  }

  async #refuseDirectory(path: StorePath, options: CallOptions): Promise<void> {
    if (await anyBelow(this.#client, this.#keys.directoryKey(path), options)) throw isDirectory(path);
  }
}

export function isDirectory(path: StorePath): WaybillError {
  return new WaybillError('store.is-a-directory', `${JSON.stringify(path)} is a directory.`, {path});
}
