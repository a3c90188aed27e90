import {availableParallelism} from 'node:os';
import {hasCode} from '../contracts/errors.js';
import type {HashingAnswer, HashingRequest} from './requests.js';
import {HashingThread} from './thread.js';

/** More threads than this outrun what one disk or line delivers. */
const MOST_THREADS = 4;

let threads: HashingThread[] = [];

/** How many threads may hash at once. */
export function hashingThreads(): number {
  return Math.min(MOST_THREADS, Math.max(2, availableParallelism()));
}

/** The thread with the least to do, `except` left out; a new one while there may be more and none is idle. */
export function leastBusyThread(except?: HashingThread): HashingThread {
  threads = threads.filter((thread) => !thread.ended);
  let best: HashingThread | undefined;
  for (const thread of threads) {
    if (thread !== except && (best === undefined || thread.load < best.load)) best = thread;
  }
  if (best !== undefined && (best.load === 0 || threads.length >= hashingThreads())) return best;
  const thread = new HashingThread();
  threads.push(thread);
  return thread;
}

/** What a thread keeps nothing of between two requests, and may be asked again. */
type SingleRequest = Exclude<HashingRequest, {readonly operation: 'update' | 'drop'}>;

/** Asks the thread with the least to do, and another one where that one dies of it. */
export async function askAnyThread(request: SingleRequest): Promise<HashingAnswer> {
  try {
    return await leastBusyThread().ask(request);
  } catch (error) {
    if (!hasCode(error, 'worker.thread-lost')) throw error;
    return await leastBusyThread().ask(request);
  }
}
