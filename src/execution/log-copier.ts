import {setTimeout as delay} from 'node:timers/promises';
import {hasCode} from '../contracts/errors.js';
import type {SourceFile, Store, StorePath} from '../stores/store.js';
import {copiedBytes, getLogEnd, LOG_OBJECT_MAX_BYTES, type LogEnd, putLogEnd, putLogObject} from './log-objects.js';
import {LogPace} from './log-pace.js';

export interface LogCopyOptions {
  /** The store of the target, and the output there. */
  readonly source: Store;
  readonly path: StorePath;
  /** The store that clients read, and the directory of the log objects of this output. */
  readonly destination: Store;
  readonly directory: StorePath;
  /** As the command was launched with. */
  readonly capBytes: number;
  /** Settles when the command has ended; what is there then is copied to its end. */
  readonly ended: Promise<unknown>;
  /** Called with the bytes copied over all attempts, after each object. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Copies a growing output until the command has ended and everything is copied. Begins where the objects that are
 * there end, so that it may be killed and called again, also twice at once: every byte is in exactly one object.
 * Rejects with what the stores reject with; a call after that goes on.
 */
export async function copyLog(options: LogCopyOptions): Promise<LogEnd> {
  const call = options.signal ? {signal: options.signal} : {};
  const {destination, directory} = options;
  const already = await getLogEnd(destination, directory, call);
  if (already !== undefined) return already;
  let offset = await copiedBytes(destination, directory, call);
  options.onProgress?.(offset);
  const pace = new LogPace();
  const end = new EndWatch(options.ended);
  let file: SourceFile | undefined;
  try {
    for (;;) {
      // Asked before reading: what is written before the end is then read after it.
      const last = end.reached;
      file ??= await openIfThere(options.source, options.path, last, call);
      const room = Math.min(LOG_OBJECT_MAX_BYTES, options.capBytes - offset);
      const chunk = file === undefined || room <= 0 ? new Uint8Array() : await file.read(offset, room, call);
      if (chunk.length > 0) {
        offset = await putLogObject(destination, directory, offset, chunk, call);
        options.onProgress?.(offset);
      } else if (last) {
        const beyond = file === undefined || room > 0 ? 0 : (await file.read(offset, 1, call)).length;
        return await putLogEnd(destination, directory, {version: 1, size: offset, capped: beyond > 0}, call);
      }
      const wait = chunk.length === LOG_OBJECT_MAX_BYTES || last ? 0 : pace.after(chunk.length, Date.now());
      if (wait > 0) await end.waitAtMost(wait, options.signal);
    }
  } finally {
    await file?.close();
  }
}

/** Stores an output that is known whole: nothing is read from the target. */
export async function storeLog(
  destination: Store,
  directory: StorePath,
  content: Uint8Array,
  options: {readonly capBytes: number; readonly signal?: AbortSignal},
): Promise<LogEnd> {
  const call = options.signal ? {signal: options.signal} : {};
  const size = Math.min(content.length, options.capBytes);
  let offset = size === 0 ? 0 : await copiedBytes(destination, directory, call);
  while (offset < size) {
    const chunk = content.subarray(offset, Math.min(offset + LOG_OBJECT_MAX_BYTES, size));
    offset = await putLogObject(destination, directory, offset, chunk, call);
  }
  return putLogEnd(destination, directory, {version: 1, size, capped: content.length > size}, call);
}

/** A log may well grow between the look at it and its opening: while the command runs there is a next time. */
async function openIfThere(
  store: Store,
  path: StorePath,
  last: boolean,
  call: {signal?: AbortSignal},
): Promise<SourceFile | undefined> {
  try {
    return await store.openSource(path, call);
  } catch (error) {
    if (hasCode(error, 'store.not-found') || (!last && hasCode(error, 'source.changed'))) return undefined;
    throw error;
  }
}

class EndWatch {
  reached = false;
  readonly #settled: Promise<void>;

  constructor(ended: Promise<unknown>) {
    const settle = (): void => {
      this.reached = true;
    };
    this.#settled = ended.then(settle, settle);
  }

  async waitAtMost(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const timer = new AbortController();
    const stop = signal ? AbortSignal.any([timer.signal, signal]) : timer.signal;
    try {
      await Promise.race([this.#settled, delay(milliseconds, undefined, {signal: stop})]);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      timer.abort();
    }
  }
}
