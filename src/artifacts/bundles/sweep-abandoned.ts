import {hasCode} from '../../contracts/errors.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Store} from '../../stores/store.js';
import {sweepPartials} from '../../transfer/sweep-partials.js';
import {PARTIALS} from './keys.js';

/** Nobody has written to it for so long: whoever takes it up all the same sends it again. */
const ABANDONED_MS = 7 * 86_400_000;

/**
 * Removes unfinished blobs of uploads that nobody has gone on with; `now` in milliseconds since 1970. Answers how many of
 * them a newer version began, to which they are left.
 */
export async function sweepAbandoned(store: Store, now: number, signal: AbortSignal): Promise<number> {
  let newer = 0;
  const onNewer = () => (newer += 1);
  try {
    for await (const {name, kind} of store.list(PARTIALS, {signal})) {
      if (kind !== 'directory') continue;
      const directory = joinStorePath(PARTIALS, name);
      const isOwned = ({modifiedAt}: {readonly modifiedAt: number}) => modifiedAt > now - ABANDONED_MS;
      const removed = await sweepPartials({store, directory, isOwned, onNewer, signal});
      // Not empty where something in it is younger.
      if (removed > 0) await store.remove(directory, {signal}).catch(unless('store.not-empty'));
    }
  } catch (error) {
    if (!hasCode(error, 'store.not-found')) throw error;
  }
  return newer;
}

function unless(code: 'store.not-empty') {
  return (error: unknown): void => {
    if (!hasCode(error, code)) throw error;
  };
}
