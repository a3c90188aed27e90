import {partialsRoot} from '../../src/artifacts/keys.js';
import {executionId} from '../../src/contracts/ids.js';
import type {Store, StorePath} from '../../src/stores/store.js';
import {sweepPartials} from '../../src/transfer/sweep-partials.js';
import {namesIn, youngestIn} from './directories.js';

export interface SweepPartialsOptions {
  /** Nothing that was written to since is touched: milliseconds since 1970. */
  readonly before: number;
  /** Whether the execution runs: its unfinished files stay, however old. */
  readonly runs: (executionId: string) => Promise<boolean>;
  /** Told of each unfinished file that a newer version began: it stays for that version's sweep. */
  readonly onNewer?: (path: StorePath) => void;
  readonly signal: AbortSignal;
}

/**
 * Removes unfinished files of the default store that nothing has written to for long and that belong to no running
 * execution; an unfinished upload to S3 is aborted with its record. Answers how many names went.
 */
export async function sweepPartialsOfExecutions(store: Store, options: SweepPartialsOptions): Promise<number> {
  const {before, runs, onNewer, signal} = options;
  const isOwned = ({modifiedAt}: {readonly modifiedAt: number}) => modifiedAt > before;
  let removed = 0;
  for await (const name of namesIn(store, 'executions', signal)) {
    if (!executionId.safeParse(name).success) continue;
    const root = partialsRoot(name);
    const directory = await store.stat(root, {signal});
    if (directory?.kind !== 'directory' || (await youngestIn(store, root, signal)) > before || (await runs(name))) {
      continue;
    }
    for (const path of [`${root}/upload`, root]) {
      removed += await sweepPartials({store, directory: path, isOwned, onNewer, signal});
      // It is not empty where something in it is nobody's of ours.
      await store.remove(path, {signal}).catch(() => undefined);
    }
  }
  return removed;
}
