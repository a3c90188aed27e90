import {logsRoot} from '../artifacts/keys.js';
import {readLog} from '../execution/log-reader.js';
import type {Store} from '../stores/store.js';
import type {LogChunk, LogOptions} from './api.js';

export interface GenerationLog {
  readonly store: Store;
  readonly executionId: string;
  readonly generation: number;
}

/** Bytes of each stream that were read before. */
export type LogOffsets = ReadonlyMap<LogChunk['stream'], number>;

/** Reads the output of one generation from the store, both streams as they grow. Every byte comes once, in its order. Looks at once when `ended` fires. */
export async function* readLogs(
  {store, executionId, generation}: GenerationLog,
  options: LogOptions,
  from: LogOffsets = new Map(),
  ended?: AbortSignal,
): AsyncGenerator<LogChunk> {
  const follow = options.follow ?? false;
  const call = {follow, ...(options.signal ? {signal: options.signal} : {}), ...(ended ? {ended} : {})};
  const streams = options.streams ?? ['stdout', 'stderr'];
  const readers = streams.map((stream) => ({
    stream,
    pieces: readLog(store, logsRoot(executionId, generation, stream), {...call, from: from.get(stream) ?? 0}),
  }));
  const next = ({stream, pieces}: (typeof readers)[number]) =>
    pieces.next().then((result) => ({stream, pieces, result}));
  const waiting = new Map(readers.map((reader) => [reader.stream, next(reader)]));
  try {
    while (waiting.size > 0) {
      const {stream, pieces, result} = await Promise.race(waiting.values());
      if (result.done === true) {
        waiting.delete(stream);
        continue;
      }
      waiting.set(stream, next({stream, pieces}));
      yield {generation, stream, ...result.value};
    }
  } finally {
    // A reader that is still waiting has nobody left to tell.
    for (const promise of waiting.values()) promise.catch(() => undefined);
  }
}
