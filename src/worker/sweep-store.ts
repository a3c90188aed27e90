import {partialsRoot} from '../artifacts/keys.js';
import {executionId} from '../contracts/ids.js';
import {hasCode} from '../contracts/errors.js';
import type {ListedEntry, Store} from '../stores/store.js';
import {sweepPartials} from '../transfer/sweep-partials.js';

const DAY_MS = 86_400_000;

export interface SweepStoreOptions {
  readonly olderThanDays: number;
  /** Whether the execution runs: its unfinished files stay, however old. */
  readonly runs: (executionId: string) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Removes unfinished files of the default store that nothing has written to for so many days and that belong to no
 * running execution. Answers how many names went.
 */
export async function sweepStore(store: Store, options: SweepStoreOptions): Promise<number> {
  const {olderThanDays, runs, signal} = options;
  const newest = Date.now() - olderThanDays * DAY_MS;
  let removed = 0;
  for await (const {name, kind} of executionsIn(store, signal)) {
    if (kind !== 'directory' || !executionId.safeParse(name).success) continue;
    const root = partialsRoot(name);
    const directory = await store.stat(root, {signal});
    // A name came or went: everything in it is looked at when that is long ago.
    if (directory?.kind !== 'directory' || directory.modifiedAt > newest || (await runs(name))) continue;
    for (const path of [`${root}/upload`, root]) {
      removed += await sweepPartials({
        store,
        directory: path,
        isOwned: ({modifiedAt}) => modifiedAt > newest,
        signal,
      });
      // It is not empty where something in it is young.
      await store.remove(path, {signal}).catch(() => undefined);
    }
  }
  return removed;
}

async function* executionsIn(store: Store, signal: AbortSignal): AsyncGenerator<ListedEntry> {
  try {
    yield* store.list('executions', {signal});
  } catch (error) {
    if (!hasCode(error, 'store.not-found')) throw error;
  }
}
