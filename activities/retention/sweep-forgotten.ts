import type {RetentionCatalog} from '../../src/artifacts/catalog/retention.js';
import {executionRoot, journalRoot} from '../../src/artifacts/keys.js';
import {executionId} from '../../src/contracts/ids.js';
import type {Store, StorePath} from '../../src/stores/store.js';
import {namesIn} from './directories.js';

/** Ids of one question. */
const ROUND = 1000;

/**
 * Removes what came to executions after they had been removed: whoever holds a ticket may still use it. Answers of how
 * many executions something was there. What has no record and is not known to have been removed stays.
 */
export async function sweepForgotten(
  store: Store,
  catalog: Pick<RetentionCatalog, 'findForgotten'>,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  const places: readonly (readonly [StorePath, (id: string) => StorePath])[] = [
    ['executions', executionRoot],
    ['journal', journalRoot],
  ];
  for (const [directory, rootOf] of places) {
    let ids: string[] = [];
    const sweep = async () => {
      for (const id of await catalog.findForgotten(ids)) {
        await store.removeTree(rootOf(id), {signal});
        removed += 1;
      }
      ids = [];
    };
    for await (const name of namesIn(store, directory, signal)) {
      if (executionId.safeParse(name).success && ids.push(name) >= ROUND) await sweep();
    }
    await sweep();
  }
  return removed;
}
