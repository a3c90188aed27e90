import {hasCode} from '../contracts/errors.js';
import {joinStorePath} from '../stores/paths.js';
import type {CallOptions, ListedEntry, Store, StorePath} from '../stores/store.js';
import {isLedgerName, isPartialName, partialKey} from './keys.js';

export interface SweepOptions {
  readonly store: Store;
  readonly directory: StorePath;
  /** True for a partial that a transfer may still take up: it stays, with its ledger. `modifiedAt` is that of the youngest of the two. */
  readonly isOwned: (partial: {readonly key: string; readonly modifiedAt: number}) => boolean;
  /** Told of each partial that a newer version began: it stays, with its ledger, for that version's sweep. */
  readonly onNewer?: ((path: StorePath) => void) | undefined;
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
    // A ledger without its partial says nothing, and a partial may turn out to stay.
    for (const {name} of entries.sort(partialFirst)) {
      const path = joinStorePath(directory, name);
      if (!(await isRemoved(store, path, call))) {
        options.onNewer?.(path);
        break;
      }
      removed += 1;
    }
  }
  return removed;
}

function partialFirst(a: ListedEntry, b: ListedEntry): number {
  return Number(isLedgerName(a.name)) - Number(isLedgerName(b.name));
}

/** False where a newer version began it: what belongs to it elsewhere, only that version knows. */
async function isRemoved(store: Store, path: StorePath, call: CallOptions): Promise<boolean> {
  try {
    await store.remove(path, call);
    return true;
  } catch (error) {
    if (hasCode(error, 'transfer.newer-version')) return false;
    throw error;
  }
}
