import {availableParallelism} from 'node:os';
import {HashingThread} from './thread.js';

/** More threads than this outrun what one disk delivers. */
const MOST_THREADS = 4;

const threads: HashingThread[] = [];

/** How many threads may hash at once. */
export function hashingThreads(): number {
  return Math.min(MOST_THREADS, availableParallelism());
}

/** The thread with the least to do; a new one while there may be more and none is idle. */
export function leastBusyThread(): HashingThread {
  for (let index = threads.length - 1; index >= 0; index -= 1) {
    if (threads[index]?.ended === true) threads.splice(index, 1);
  }
  const best = threads.reduce<HashingThread | undefined>(
    (least, thread) => (least === undefined || thread.load < least.load ? thread : least),
    undefined,
  );
  if (best !== undefined && (best.load === 0 || threads.length >= hashingThreads())) return best;
  const thread = new HashingThread();
  threads.push(thread);
  return thread;
}
