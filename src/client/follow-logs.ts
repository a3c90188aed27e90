import {setTimeout as delay} from 'node:timers/promises';
import {hasCode} from '../contracts/errors.js';
import type {ExecutionResult, ExecutionState} from '../contracts/execution.js';
import type {LogChunk, LogOptions} from './api.js';
import {type GenerationLog, readLogs} from './logs.js';

export interface FollowedExecution {
  readonly result: Promise<ExecutionResult>;
  /** What the workflow says of itself; undefined where it cannot be asked. */
  readonly state: () => Promise<Pick<ExecutionState, 'stage' | 'generation'> | undefined>;
}

/** Milliseconds that the result of a short command gets to arrive before the workflow is asked: it nearly always does. */
const PAUSE_MS = 200;

/** The output is complete before there is a result; a reader that has not seen so after this long never will. */
const GRACE_MS = 3_000;

/** Reads a generation to its end, and goes on with the one that replaces it, until there is no other. */
export async function* followLogs(
  first: GenerationLog,
  options: LogOptions,
  execution: FollowedExecution,
): AsyncGenerator<LogChunk> {
  // It may reject while nobody looks at it; whoever needs it awaits it.
  execution.result.catch(() => undefined);
  let {generation} = first;
  for (;;) {
    yield* toItsEnd({...first, generation}, options, execution.result);
    if (!(await isReplaced(generation, execution, options.signal))) return;
    generation += 1;
  }
}

/** A command that was never started has no output, and nobody to say that it is complete: the result says so then. */
async function* toItsEnd(
  log: GenerationLog,
  options: LogOptions,
  result: Promise<ExecutionResult>,
): AsyncGenerator<LogChunk> {
  const ended = new AbortController();
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = ({command}: ExecutionResult): void => {
    ended.abort();
    timer = setTimeout(() => over.abort(), command === undefined ? 0 : GRACE_MS);
  };
  void result.then(wait, () => undefined);
  const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal;
  const offsets = new Map<LogChunk['stream'], number>();
  try {
    for (;;) {
      try {
        for await (const chunk of readLogs(log, {...options, follow: true, signal}, offsets, ended.signal)) {
          offsets.set(chunk.stream, chunk.offset + chunk.data.length);
          yield chunk;
        }
        return;
      } catch (error) {
        // The command runs on while the store is away, and what it writes is there when the store is back.
        if (!hasCode(error, 'store.unavailable') || signal.aborted) throw error;
        await delay(PAUSE_MS, undefined, {signal}).catch(() => signal.throwIfAborted());
      }
    }
  } catch (error) {
    if (!over.signal.aborted || options.signal?.aborted === true) throw error;
    yield* readLogs(log, {...options, follow: false}, offsets);
  } finally {
    clearTimeout(timer);
  }
}

async function isReplaced(
  generation: number,
  {result, state}: FollowedExecution,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (;;) {
    const pause = delay(PAUSE_MS, undefined, signal ? {signal} : {}).catch(() => signal?.throwIfAborted());
    const ended = await Promise.race([result, pause]);
    if (ended) return ended.generation > generation;
    const now = await state();
    if (now === undefined) continue;
    if (now.generation > generation) return true;
    // Only a command that was lost leaves the stage `run` for another one.
    if (now.stage === 'collect' || now.stage === 'finish') return false;
  }
}
