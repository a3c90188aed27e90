import {WaybillError} from '../../contracts/errors.js';
import type {ByteRange, CallOptions, Entry, PartialFile, PartialSpec, PublishOptions} from '../store.js';
import {unlessAborted} from '../../abort/on-abort.js';
import {settledUnlessAborted} from './abort.js';
import {fromStatus, translated} from './errors.js';
import type {RangeHasher} from './hash.js';
import {type Lane, Lanes} from './lanes.js';
import {isSameFile, mark} from './mark.js';
import {partialConsumed, publish} from './publish.js';
import {parentOf, type SshRoot} from './root.js';
import {wireAttributes} from './entry.js';
import type {FileSession, RangeWriteOptions} from './file-session.js';
import {hasStatus, SftpStatus, STATUS} from '../../ssh/sftp/status.js';
import {closedOnFailure, pieceLength} from './source.js';
import {isDirectory, isFile} from '../../ssh/sftp/attributes.js';
import {OPEN} from '../../ssh/sftp/open-flags.js';

/** An unfinished file that this process holds open. */
export interface HeldPartial {
  readonly session: FileSession;
  readonly root: SshRoot;
  readonly spec: PartialSpec;
  readonly absolute: string;
  readonly handle: Buffer;
}

export async function openPartial(
  session: FileSession,
  root: SshRoot,
  spec: PartialSpec,
  hasher: RangeHasher,
  more: readonly (() => Promise<FileSession>)[] = [],
): Promise<PartialFile> {
  return translated(session, spec.path, async () => {
    const absolute = await root.locate(session, spec.path);
    const handle = await openPartialHandle(session, absolute, spec.path);
    const {size, atime} = await closedOnFailure(session, handle, () => session.fstat(handle));
    const others = more.map((other) => () => openAnother(other, absolute, spec.path, atime));
    const lanes = new Lanes({session, handle}, spec.size, others);
    return new SshPartial({session, root, spec, absolute, handle}, size, hasher, lanes);
  });
}

/** The same partial on another session: its mark tells it from a younger one that took the name meanwhile. */
async function openAnother(
  other: () => Promise<FileSession>,
  absolute: string,
  path: string,
  atime: number,
): Promise<Lane> {
  const session = await other();
  const handle = await session.open(absolute, OPEN.read | OPEN.write);
  const held = await session.fstat(handle).catch(() => undefined);
  if (held?.atime === atime) return {session, handle};
  await session.closeHandle(handle);
  throw partialConsumed(path);
}

/** Opens or creates it with mode 0600, truncates nothing, follows no link. */
export async function openPartialHandle(session: FileSession, absolute: string, path: string): Promise<Buffer> {
  for (let tries = 0; ; tries += 1) {
    const found = await session.lstat(absolute).catch((error: unknown) => {
      if (hasStatus(error, STATUS.noSuchFile)) return undefined;
      throw error;
    });
    if (found !== undefined && !isFile(found)) throw notAPartial(path, isDirectory(found));
    try {
      if (found !== undefined) return await openFound(session, absolute);
      // `exclusive` keeps the server from following a link that took the name meanwhile.
      const handle = await session.open(absolute, OPEN.read | OPEN.write | OPEN.create | OPEN.exclusive, 0o600);
      await closedOnFailure(session, handle, () => mark(session, handle));
      return handle;
    } catch (error) {
      // Another attempt created it, or published it, between the two requests.
      const raced = found === undefined ? hasStatus(error, STATUS.failure) : hasStatus(error, STATUS.noSuchFile);
      if (!raced || tries === 3) throw await explainOpen(session, absolute, path, error);
    }
  }
}

/** An attempt that died in its publish may have given the file a mode that keeps its owner from writing. */
async function openFound(session: FileSession, absolute: string): Promise<Buffer> {
  try {
    return await session.open(absolute, OPEN.read | OPEN.write);
  } catch (error) {
    if (!hasStatus(error, STATUS.permissionDenied)) throw error;
    await session.setstat(absolute, {mode: 0o600}).catch(() => Promise.reject(error));
    return await session.open(absolute, OPEN.read | OPEN.write);
  }
}

async function explainOpen(session: FileSession, absolute: string, path: string, error: unknown): Promise<unknown> {
  return error instanceof SftpStatus ? fromStatus(session, path, error, parentOf(absolute)) : error;
}

class SshPartial implements PartialFile {
  readonly foundBytes: number;
  readonly #held: HeldPartial;
  readonly #hasher: RangeHasher;
  readonly #lanes: Lanes;

  constructor(held: HeldPartial, foundBytes: number, hasher: RangeHasher, lanes: Lanes) {
    this.#held = held;
    this.foundBytes = foundBytes;
    this.#hasher = hasher;
    this.#lanes = lanes;
  }

  async write(offset: number, chunk: Uint8Array, options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const {absolute, spec} = this.#held;
    await this.#lanes.use(chunk.length, ({session, handle}) => {
      const write = async (): Promise<void> => {
        // Once another attempt has published the partial, this handle reaches the published file.
        if (!(await isSameFile(session, handle, absolute))) throw partialConsumed(spec.path);
        const {mtime: publishedTime} = wireAttributes(spec.intended ?? {}) ?? {};
        const writing = writeRange(session, handle, offset, chunk, {signal: options.signal, publishedTime});
        if (session.protocol === 'scp') await writing;
        else await withTimeKept({session, handle, absolute, spec}, writing, publishedTime);
      };
      return settledUnlessAborted(options.signal, session, this.#explained(write));
    });
  }

  async *hash(ranges: readonly ByteRange[], options: CallOptions = {}): AsyncGenerator<string | undefined> {
    const {session, absolute, handle, spec} = this.#held;
    const {path, size: mostBytes} = spec;
    yield* this.#hasher.hash({session, absolute, handle, path, mostBytes}, ranges, options.signal);
  }

  async sync(options: CallOptions = {}): Promise<void> {
    const {session, handle} = this.#held;
    if (!session.supports('fsync@openssh.com')) return;
    await unlessAborted(
      options.signal,
      this.#explained(() => session.fsync(handle)),
    );
  }

  async publish(options: PublishOptions): Promise<Entry> {
    options.signal?.throwIfAborted();
    const {session} = this.#held;
    return settledUnlessAborted(
      options.signal,
      session,
      this.#explained(() => publish(this.#held, options)),
    );
  }

  close(): Promise<void> {
    return this.#lanes.close();
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    const {session, spec, absolute} = this.#held;
    try {
      return await work();
    } catch (error) {
      throw error instanceof SftpStatus ? await fromStatus(session, spec.path, error, parentOf(absolute)) : error;
    }
  }
}

/**
 * Another attempt may publish the partial while a write to it is on its way: the published file is given its time back
 * then, in seconds since 1970. OpenSSH answers the requests of a session in order: looks that come after the write cost
 * no wait of their own. Where another partial has the name, or the file has another size, it is not known what the handle
 * leads to: a server may keep the name for it. A command of `scp` looks itself.
 */
async function withTimeKept(
  {session, handle, absolute, spec}: Omit<HeldPartial, 'root'>,
  writing: Promise<void>,
  publishedTime: number | undefined,
): Promise<void> {
  const looks = [session.fstat(handle), session.lstat(absolute)] as const;
  const [written, held, named] = await Promise.allSettled([writing, ...looks]);
  if (named.status === 'rejected' && hasStatus(named.reason, STATUS.noSuchFile)) {
    const isWhole = held.status === 'fulfilled' && held.value.size === spec.size && spec.atMost !== true;
    if (isWhole && publishedTime !== undefined && held.value.mtime !== publishedTime) {
      // The file is published whatever becomes of its time.
      await session.fsetstat(handle, {atime: publishedTime, mtime: publishedTime}).catch(() => undefined);
    }
    throw partialConsumed(spec.path);
  }
  if (written.status === 'rejected') throw written.reason;
}

/** Writes all of a chunk with its requests under way together. */
export async function writeRange(
  session: FileSession,
  handle: Buffer,
  offset: number,
  chunk: Uint8Array,
  options: RangeWriteOptions = {},
): Promise<void> {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const step = pieceLength(bytes.length, session.maxWrite);
  const pieces: Promise<void>[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    pieces.push(session.write(handle, bytes, at, Math.min(step, bytes.length - at), offset + at, options));
  }
  // All of them are awaited: none may still write when the first failure is told.
  const outcomes = await Promise.allSettled(pieces);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function notAPartial(path: string, isDirectory: boolean): WaybillError {
  return new WaybillError(
    isDirectory ? 'store.is-a-directory' : 'store.already-exists',
    `${JSON.stringify(path)} is taken by something that is no unfinished file.`,
    {path},
  );
}
