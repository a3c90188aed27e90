import {setTimeout as delay} from 'node:timers/promises';
import type {Store, StorePath} from '../stores/store.js';
import {getLogEnd, LOG_OBJECT_MAX_BYTES, logObjectName} from './log-objects.js';
import {LogPace} from './log-pace.js';

export interface LogReadOptions {
  /** Bytes to leave out at the beginning: where an earlier reading stopped. Default 0. */
  readonly from?: number;
  /** Wait for more until the log is marked as complete. Default false. */
  readonly follow?: boolean;
  /** Fires once the log should be complete: the next look does not wait. */
  readonly ended?: AbortSignal;
  readonly signal?: AbortSignal;
}

export interface LogPiece {
  readonly offset: number;
  readonly data: Uint8Array;
}

/**
 * Reads a log from the store that clients reach, in order, every byte once. Returns whether the log is complete and
 * was capped. Rejects with the signal's reason where it fires.
 */
export async function* readLog(
  store: Store,
  directory: StorePath,
  options: LogReadOptions = {},
): AsyncGenerator<LogPiece, {readonly complete: boolean; readonly capped: boolean}> {
  const call = options.signal ? {signal: options.signal} : {};
  const from = options.from ?? 0;
  const pace = new LogPace();
  const signals = [options.signal, options.ended].filter((signal) => signal !== undefined);
  const untilEnded = AbortSignal.any(signals);
  let offset = 0;
  for (;;) {
    const wasEnded = options.ended?.aborted === true;
    // Asked before looking for the object: after the mark nothing appears any more.
    const end = await getLogEnd(store, directory, call);
    const before = offset;
    for (;;) {
      if (end !== undefined && offset >= end.size) return {complete: true, capped: end.capped};
      const key = `${directory}/${logObjectName(offset)}`;
      const content = await store.getObject(key, LOG_OBJECT_MAX_BYTES, call);
      if (content === undefined || content.length === 0) break;
      const data = content.subarray(Math.max(0, from - offset), end === undefined ? undefined : end.size - offset);
      if (data.length > 0) yield {offset: Math.max(from, offset), data};
      offset += content.length;
    }
    if (options.follow !== true) return {complete: false, capped: false};
    // The timer rejects with an error of its own: the caller is promised the signal's reason.
    await delay(pace.after(offset - before, Date.now()), undefined, wasEnded ? call : {signal: untilEnded}).catch(() =>
      options.signal?.throwIfAborted(),
    );
  }
}
