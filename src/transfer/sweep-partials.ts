import {hasCode} from '../contracts/errors.js';
import {joinStorePath} from '../stores/paths.js';
import type {ListedEntry, Store, StorePath} from '../stores/store.js';
import {isPartialName, partialKey} from './keys.js';

export interface SweepOptions {
  readonly store: Store;
  readonly directory: StorePath;
  /** True for a partial that a transfer may still take up: it stays, with its ledger. `modifiedAt` is that of the youngest of the two. */
  readonly isOwned: (partial: {readonly key: string; readonly modifiedAt: number}) => boolean;
  readonly signal?: AbortSignal;
}

/**
 * Removes unfinished files and ledgers that nobody owns, and answers how many names went. Attempts never delete:
 * this, or the removal of the whole directory, is the last step of a transfer. Touches no name that is not one of ours.
 */
export async function sweepPartials(options: SweepOptions): Promise<number> {
  const {store, directory, isOwned} = options;
  const call = options.signal === undefined ? {} : {signal: options.signal};
  const found = new Map<string, ListedEntry[]>();
  try {
    for await (const entry of store.list(directory, call)) {
      if (!isPartialName(entry.name) || entry.kind === 'directory') continue;
      const key = partialKey(entry.name);
      found.set(key, [...(found.get(key) ?? []), entry]);
    }
  } catch (error) {
    if (hasCode(error, 'store.not-found')) return 0;
    throw error;
  }
  let removed = 0;
  for (const [key, entries] of found) {
    if (isOwned({key, modifiedAt: Math.max(...entries.map((entry) => entry.modifiedAt))})) continue;
    for (const entry of entries) await store.remove(joinStorePath(directory, entry.name), call);
    removed += entries.length;
  }
  return removed;
}
