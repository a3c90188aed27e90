import {resolve} from 'node:path';
import type {SshPool} from '../ssh/pool.js';
import {openLocalStore} from '../stores/local/store.js';
import {openSshStore} from '../stores/ssh/store.js';
import type {CallOptions, Entry, HashedFile, ListedEntry, Store, StorePath} from '../stores/store.js';
import {copy, type CopyOptions} from '../transfer/copy/copy.js';
import type {CopyResult} from '../transfer/copy/result.js';
import type {CopyPlace} from '../transfer/copy/locate.js';
import {inParallel} from '../stores/in-parallel.js';

export interface SshChannelOptions {
  /** Stays the caller's: the end of the channel ends its sessions, and their connections serve the next one. */
  readonly pool: SshPool;
  /** The directory that paths are below, absolute or below the user's home (`~/…`). Default `/`. */
  readonly root?: string;
}

/** Calls of a batch at once: what a session takes without waiting for its answers. */
const BATCH_WIDTH = 8;

/**
 * The files of a machine that is reached by SSH, for the length of a scope: `await using channel = openSshChannel({pool})`.
 * Paths are below its root, with or without a slash at their beginning. Every method rejects with a WaybillError. What belongs together goes over the same sessions: no call opens one of its own.
 */
export class SshChannel implements AsyncDisposable {
  readonly #store: Store;
  readonly #here = openLocalStore({name: 'this machine', root: '/'});

  constructor({pool, root = '/'}: SshChannelOptions) {
    this.#store = openSshStore({name: pool.endpoint.name, pool, root});
  }

  /** A link is described itself; undefined where nothing is. */
  stat(path: string, options?: CallOptions): Promise<Entry | undefined> {
    return this.#store.stat(below(path), options);
  }

  async exists(path: string, options?: CallOptions): Promise<boolean> {
    return (await this.stat(path, options)) !== undefined;
  }

  async isFile(path: string, options?: CallOptions): Promise<boolean> {
    return (await this.stat(path, options))?.kind === 'file';
  }

  async isDirectory(path: string, options?: CallOptions): Promise<boolean> {
    // The root is one, if it can be looked at.
    return below(path) === '' || (await this.stat(path, options))?.kind === 'directory';
  }

  /** In no particular order. Rejects with `store.not-found` and `store.not-a-directory`. */
  list(path: string, options?: CallOptions): AsyncIterable<ListedEntry> {
    return this.#store.list(below(path), options);
  }

  /** With its parents; one that exists is left as it is. */
  mkdir(path: string, options?: CallOptions & {readonly mode?: number}): Promise<void> {
    return this.#store.makeDirectory(below(path), options);
  }

  /** A file, a link or an empty directory, or with `recursive` a tree; what is not there is no error. */
  remove(path: string, options: CallOptions & {readonly recursive?: boolean} = {}): Promise<void> {
    const {recursive = false, ...call} = options;
    return recursive ? this.#store.removeTree(below(path), call) : this.#store.remove(below(path), call);
  }

  /** In one step. Default: an existing `to` is `store.already-exists`. */
  rename(from: string, to: string, options: CallOptions & {readonly overwrite?: boolean} = {}): Promise<void> {
    const {overwrite = false, ...call} = options;
    return this.#store.rename(below(from), below(to), {...call, overwrite});
  }

  chmod(path: string, mode: number, options?: CallOptions): Promise<void> {
    return this.#store.setAttributes(below(path), {mode}, options);
  }

  /** Numbers of user and group. `store.permission-denied` for whoever is not root there. */
  chown(path: string, uid: number, gid: number, options?: CallOptions): Promise<void> {
    return this.#store.setAttributes(below(path), {owner: {uid, gid}}, options);
  }

  /** Where a link points, as it is stored. */
  readlink(path: string, options?: CallOptions): Promise<string> {
    return this.#store.readLink(below(path), options);
  }

  /** Hashed where it lies; undefined where that machine has nothing to hash with. */
  async sha256(path: string, options?: CallOptions): Promise<Pick<HashedFile, 'entry' | 'sha256'> | undefined> {
    return await this.#store.hash?.(below(path), options);
  }

  /** As `copy`, from paths of this machine; a trailing slash means the contents of a directory. */
  upload(from: string | readonly string[], to: string, options?: CopyOptions): Promise<CopyResult> {
    const sources = listOf(from).map((path): CopyPlace => this.#local(path));
    return copy(sources, this.#remote(to), options);
  }

  /** As `copy`, to a path of this machine; patterns may be in `from`. */
  download(from: string | readonly string[], to: string, options?: CopyOptions): Promise<CopyResult> {
    const sources = listOf(from).map((path): CopyPlace => this.#remote(path));
    return copy(sources, this.#local(to), options);
  }

  /** Does the same with many, some at once, and answers for each, in order: one failure stops no other. */
  async batch<T, R>(
    items: readonly T[],
    work: (item: T, channel: this) => Promise<R>,
    {parallel = BATCH_WIDTH}: {readonly parallel?: number} = {},
  ): Promise<readonly PromiseSettledResult<R>[]> {
    const results: PromiseSettledResult<R>[] = [];
    await inParallel(items.entries(), parallel, async ([index, item]) => {
      [results[index]] = await Promise.allSettled([work(item, this)]);
    });
    return results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#store.close(), this.#here.close()]);
  }

  #remote(path: string): CopyPlace {
    return {store: this.#store, path, key: 'there'};
  }

  #local(path: string): CopyPlace {
    return {store: this.#here, path: path.endsWith('/') ? `${resolve(path)}/` : resolve(path), key: 'here'};
  }
}

/** Nothing is connected before the first call. */
export function openSshChannel(options: SshChannelOptions): SshChannel {
  return new SshChannel(options);
}

function below(path: string): StorePath {
  return path.replace(/^\/+|\/+$/g, '');
}

function listOf(paths: string | readonly string[]): readonly string[] {
  return typeof paths === 'string' ? [paths] : paths;
}
