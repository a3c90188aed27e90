import {type BigIntStats, constants} from 'node:fs';
import {chmod, type FileHandle, lstat, open} from 'node:fs/promises';
import {WaybillError} from '../../contracts/errors.js';
import {hashRanges} from '../../hashing/hash-ranges.js';
import type {ByteRange, CallOptions, Entry, PartialFile, PartialSpec, PublishOptions} from '../store.js';
import {isErrno, rethrowTranslated, translated} from './errors.js';
import {partialConsumed, publishDurably} from './publish.js';
import type {LocalRoot} from './root.js';
import {writeFully} from './write.js';

const PRIVATE = 0o600;

export async function openPartial(root: LocalRoot, spec: PartialSpec, options: CallOptions = {}): Promise<PartialFile> {
  options.signal?.throwIfAborted();
  return translated(spec.path, async () => {
    const absolute = await root.locate(spec.path);
    const {handle, stats} = await openPartialHandle(absolute, spec.path);
    return new LocalPartial({root, spec, absolute, handle, inode: stats.ino, foundBytes: Number(stats.size)});
  });
}

/** Opens or creates an unfinished file for reading and writing, private, whatever it already holds kept. */
export async function openPartialHandle(absolute: string, path: string): Promise<OpenedPartial> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let handle: FileHandle;
  try {
    handle = await open(absolute, flags, PRIVATE).catch(async (error: unknown) => {
      if (!(await makeWritable(absolute, error))) throw error;
      return await open(absolute, flags, PRIVATE);
    });
  } catch (error) {
    if (isErrno(error, 'ELOOP', 'EMLINK', 'ENXIO')) throw notAPartial(path);
    throw error;
  }
  try {
    const stats = await handle.stat({bigint: true});
    if (!stats.isFile()) throw notAPartial(path);
    return {handle, stats};
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** An attempt that died in its publish may have given the file a mode that keeps its owner from writing. */
async function makeWritable(absolute: string, refusal: unknown): Promise<boolean> {
  if (!isErrno(refusal, 'EACCES')) return false;
  try {
    if (!(await lstat(absolute)).isFile()) return false;
    await chmod(absolute, PRIVATE);
    return true;
  } catch {
    return false;
  }
}

export interface OpenedPartial {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

export interface LocalPartialState {
  readonly root: LocalRoot;
  readonly spec: PartialSpec;
  readonly absolute: string;
  readonly handle: FileHandle;
  readonly inode: bigint;
  readonly foundBytes: number;
}

class LocalPartial implements PartialFile {
  readonly foundBytes: number;
  readonly #state: LocalPartialState;
  readonly #closing = new AbortController();
  readonly #hashing = new Set<Promise<void>>();

  constructor(state: LocalPartialState) {
    this.#state = state;
    this.foundBytes = state.foundBytes;
  }

  async write(offset: number, chunk: Uint8Array, options: CallOptions = {}): Promise<void> {
    const {handle, spec} = this.#state;
    options.signal?.throwIfAborted();
    await translated(spec.path, async () => {
      await this.#refuseWhereConsumed();
      await writeFully(handle, chunk, offset, options.signal);
    });
  }

  async *hash(ranges: readonly ByteRange[], options: CallOptions = {}): AsyncIterable<string | undefined> {
    const {handle, spec} = this.#state;
    const stopped =
      options.signal === undefined ? this.#closing.signal : AbortSignal.any([options.signal, this.#closing.signal]);
    stopped.throwIfAborted();
    let done = (): void => undefined;
    const running = new Promise<void>((resolve) => (done = resolve));
    this.#hashing.add(running);
    try {
      yield* hashRanges(handle.fd, ranges, {signal: stopped});
    } catch (error) {
      rethrowTranslated(error, spec.path);
    } finally {
      done();
      this.#hashing.delete(running);
    }
  }

  async sync(options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    await translated(this.#state.spec.path, () => this.#state.handle.sync());
  }

  async publish(options: PublishOptions): Promise<Entry> {
    options.signal?.throwIfAborted();
    return translated(options.destination, async () => {
      const destination = await this.#state.root.locateForCreation(options.destination);
      return publishDurably(this.#state, destination, options);
    });
  }

  async close(): Promise<void> {
    // The threads that hash use the descriptor's number, which the system gives to another file once it is free.
    this.#closing.abort(
      new WaybillError('store.unavailable', 'The partial has been closed.', {path: this.#state.spec.path}),
    );
    await Promise.all(this.#hashing);
    await translated(this.#state.spec.path, () => this.#state.handle.close());
  }

  /** Once another attempt has published the partial, this handle reaches the published file: it is not written to any more. */
  async #refuseWhereConsumed(): Promise<void> {
    const {absolute, inode, spec} = this.#state;
    const found = await lstat(absolute, {bigint: true}).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    });
    if (found?.ino !== inode) throw partialConsumed(spec.path);
  }
}

export function notAPartial(path: string): WaybillError {
  return new WaybillError(
    'store.already-exists',
    `${JSON.stringify(path)} is taken by something that is no unfinished file.`,
    {
      path,
    },
  );
}
