import {takeChunk} from '../../hashing/chunk-memory.js';
import {WaybillError} from '../../contracts/errors.js';
import type {CallOptions, Entry, SourceFile, StorePath} from '../store.js';
import {unlessAborted} from '../../abort/on-abort.js';
import {entryOf} from './entry.js';
import {translated} from './errors.js';
import {type Lane, Lanes} from './lanes.js';
import type {SshRoot} from './root.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';
import {type FileAttributes, isDirectory, isFile, isLink} from '../../ssh/sftp/attributes.js';
import {OPEN} from '../../ssh/sftp/open-flags.js';

/**
 * Looks before it opens: opening a FIFO would block the server's process. What was opened must then be what was looked
 * at, as far as SFTP tells: it knows no inode. `more` are sessions to read through besides, where the line is long.
 */
export async function openSource(
  session: FileSession,
  root: SshRoot,
  path: StorePath,
  more: readonly (() => Promise<FileSession>)[] = [],
): Promise<SourceFile> {
  return translated(session, path, async () => {
    const absolute = await root.locate(session, path);
    const {handle, entry} = await openRegular(session, absolute, path);
    const others = more.map((other) => () => openAnother(other, absolute, path, entry));
    return new SshSource(new Lanes({session, handle}, entry.size, others), path, entry);
  });
}

async function openRegular(
  session: FileSession,
  absolute: string,
  path: StorePath,
): Promise<{readonly handle: Buffer; readonly entry: Entry}> {
  const before = await session.lstat(absolute);
  refuseSpecial(before, path);
  const handle = await session.open(absolute, OPEN.read);
  return closedOnFailure(session, handle, async () => {
    const after = await session.fstat(handle);
    const entry = entryOf(after);
    if (isFile(after) && entry.identity === entryOf(before).identity) return {handle, entry};
    throw new WaybillError('source.changed', `${JSON.stringify(path)} changed while it was opened.`, {path});
  });
}

/** Does what is left to do before an open file is handed out; where that fails nobody else could close it. */
export async function closedOnFailure<T>(session: FileSession, handle: Buffer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!session.ended) await session.closeHandle(handle).catch(() => undefined);
    throw error;
  }
}

async function openAnother(
  other: () => Promise<FileSession>,
  absolute: string,
  path: StorePath,
  expected: Entry,
): Promise<Lane> {
  const session = await other();
  const {handle, entry} = await openRegular(session, absolute, path);
  if (entry.identity === expected.identity) return {session, handle};
  await session.closeHandle(handle);
  throw new WaybillError('source.changed', `${JSON.stringify(path)} changed while it was opened.`, {path});
}

function refuseSpecial(stats: FileAttributes, path: StorePath): void {
  if (isFile(stats)) return;
  const what = isDirectory(stats) ? 'a directory' : isLink(stats) ? 'a link' : 'a special file';
  throw new WaybillError('source.special-file', `${JSON.stringify(path)} is ${what}, not a regular file.`, {path});
}

class SshSource implements SourceFile {
  readonly entry: Entry;
  readonly #lanes: Lanes;
  readonly #path: StorePath;

  constructor(lanes: Lanes, path: StorePath, entry: Entry) {
    this.#lanes = lanes;
    this.#path = path;
    this.entry = entry;
  }

  read(offset: number, length: number, options: CallOptions = {}): Promise<Uint8Array> {
    const read = this.#lanes.use(length, ({session, handle}) =>
      translated(session, this.#path, () => readRange(session, handle, offset, length)),
    );
    return unlessAborted(options.signal, read);
  }

  restat(options: CallOptions = {}): Promise<Entry> {
    const {session, handle} = this.#lanes.first;
    return unlessAborted(
      options.signal,
      translated(session, this.#path, async () => entryOf(await session.fstat(handle))),
    );
  }

  close(): Promise<void> {
    return this.#lanes.close();
  }
}

/** Reads all of a range with its requests under way together; shorter only where the file ends. */
export async function readRange(session: FileSession, handle: Buffer, offset: number, length: number): Promise<Buffer> {
  const chunk = takeChunk(length);
  const pieces: Promise<number>[] = [];
  const step = pieceLength(length, session.maxRead);
  for (let at = 0; at < length; at += step) {
    pieces.push(readPiece(session, handle, chunk, {at, length: Math.min(step, length - at), offset}));
  }
  let filled = 0;
  for (const [index, read] of (await Promise.all(pieces)).entries()) {
    filled += read;
    if (read < Math.min(step, length - index * step)) break;
  }
  return chunk.subarray(0, filled);
}

/** Requests of equal length, each within the server's limit: a full one and a stub would cost as much as two full ones. */
export function pieceLength(length: number, limit: number): number {
  return Math.max(1, Math.ceil(length / Math.ceil(length / limit)));
}

interface Piece {
  readonly at: number;
  readonly length: number;
  readonly offset: number;
}

async function readPiece(
  session: FileSession,
  handle: Buffer,
  chunk: Buffer,
  {at, length, offset}: Piece,
): Promise<number> {
  let filled = 0;
  while (filled < length) {
    let read: number;
    try {
      read = await session.read(handle, chunk, at + filled, length - filled, offset + at + filled);
    } catch (error) {
      if (!hasStatus(error, STATUS.eof)) throw error;
      break;
    }
    if (read === 0) break;
    filled += read;
  }
  return filled;
}
