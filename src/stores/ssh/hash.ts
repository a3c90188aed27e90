import {createHash} from 'node:crypto';
import type {ByteRange} from '../store.js';
import {hasCode} from '../../contracts/errors.js';
import type {HashShell} from './hash-shell.js';
import {isSameFile} from './mark.js';
import {partialConsumed} from './publish.js';
import type {FileSession} from './file-session.js';
import {readRange} from './source.js';
import {translated} from './errors.js';

/** A file that is held open, and whose name the shell can open, too. */
export interface HashedFile {
  readonly session: FileSession;
  readonly absolute: string;
  readonly handle: Buffer;
  readonly path: string;
  /** Bytes that it may have in the end: it may be written while it is hashed. */
  readonly mostBytes: number;
}

/** Ranges that travel to the target's shell together. */
const BATCH = 16;
const READ_BACK_BYTES = 1024 * 1024;
const READ_BACK_DEPTH = 8;

/** Hashes ranges where they lie; where the target has no shell or no program for that, reads them back. */
export class RangeHasher {
  readonly #shell: HashShell;

  constructor(shell: HashShell) {
    this.#shell = shell;
  }

  async *hash(
    file: HashedFile,
    ranges: readonly ByteRange[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<string | undefined> {
    signal?.throwIfAborted();
    const {size} = await translated(file.session, file.path, () => file.session.fstat(file.handle));
    if (await this.#shell.available(signal)) yield* this.#inPlace(file, ranges, size, signal);
    else for (const range of ranges) yield await readBack(file, range, size, signal);
  }

  async *#inPlace(
    file: HashedFile,
    ranges: readonly ByteRange[],
    size: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<string | undefined> {
    const ask = (from: number): Promise<(string | undefined)[]> => {
      const some = ranges.slice(from, from + BATCH);
      const mostBytes = Math.max(size, file.mostBytes);
      const asked = this.#shell.hash(file.absolute, some, {size, mostBytes}, signal);
      // It is awaited below; until then its failure is nobody's.
      asked.catch(() => undefined);
      return asked;
    };
    let next = ask(0);
    for (let from = 0; from < ranges.length; from += BATCH) {
      const batch = next;
      if (from + BATCH < ranges.length) next = ask(from + BATCH);
      yield* await ofThisFile(file, batch);
    }
  }
}

/**
 * The shell opens the file by its name. Once another attempt has published the partial it finds nothing there, which
 * has a digest too: an answer counts where the name still leads to this file afterwards.
 */
async function ofThisFile<T>({session, handle, absolute, path}: HashedFile, answer: Promise<T>): Promise<T> {
  const [hashed] = await Promise.allSettled([answer]);
  if (hashed.status === 'rejected' && !hasCode(hashed.reason, 'shell.failed')) throw hashed.reason;
  if (!(await translated(session, path, () => isSameFile(session, handle, absolute)))) throw partialConsumed(path);
  if (hashed.status === 'rejected') throw hashed.reason;
  return hashed.value;
}

async function readBack(
  {session, handle, path}: HashedFile,
  range: ByteRange,
  size: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (range.offset + range.length > size) return undefined;
  const hash = createHash('sha256');
  const pending: Promise<Buffer>[] = [];
  const end = range.offset + range.length;
  let asked = range.offset;
  for (let done = range.offset; done < end; ) {
    while (asked < end && pending.length < READ_BACK_DEPTH) {
      const read = translated(session, path, () =>
        readRange(session, handle, asked, Math.min(READ_BACK_BYTES, end - asked)),
      );
      read.catch(() => undefined);
      pending.push(read);
      asked += Math.min(READ_BACK_BYTES, end - asked);
    }
    const chunk = await pending.shift();
    signal?.throwIfAborted();
    if (chunk === undefined || chunk.length === 0) return undefined;
    hash.update(chunk);
    done += chunk.length;
  }
  return hash.digest('hex');
}
