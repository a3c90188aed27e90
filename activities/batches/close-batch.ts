import {batchResultKey, executionRoot, journalRoot} from '../../src/artifacts/keys.js';
import type {WaybillActivities} from '../../src/contracts/activities.js';
import {itemId} from '../../src/contracts/batch.js';
import type {Catalog} from '../../src/artifacts/catalog/catalog.js';
import type {Store} from '../../src/stores/store.js';
import {inParallel} from '../../src/stores/in-parallel.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {writeJson} from './batch-journal.js';

/** Items looked at at once. */
const AT_ONCE = 8;

export function closeBatch({catalog, records, store}: ActivityDeps): WaybillActivities['closeBatch'] {
  return ({batchId, round, result, never: {first, end}}) =>
    runAttempt('clean-up', records, async ({note, signal}) => {
      await removeUnopened({catalog, store}, {batchId, first, end, signal, onProgress: (progress) => note({progress})});
      await writeJson(store, batchResultKey(batchId, round), result);
    });
}

export interface UnopenedItems {
  readonly batchId: string;
  readonly first: number;
  /** The one after the last. */
  readonly end: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (items: number) => void;
}

/**
 * Removes the inputs of items of which the catalog knows no execution: nobody else would ever find them. Of a batch that
 * has ended, none is opened any more. Answers how many items had something.
 */
export async function removeUnopened(
  {catalog, store}: {readonly catalog: Pick<Catalog, 'getExecution'>; readonly store: Store},
  {batchId, first, end, signal, onProgress}: UnopenedItems,
): Promise<number> {
  let removed = 0;
  let seen = 0;
  const indexes = Array.from({length: Math.max(0, end - first)}, (_, offset) => first + offset);
  await inParallel(indexes, AT_ONCE, async (index) => {
    const id = itemId(batchId, index);
    onProgress?.(++seen);
    if ((await store.stat(executionRoot(id), {signal})) === undefined) return;
    if ((await catalog.getExecution(id)) !== undefined) return;
    // It was opened, and a catalog that was lost does not know it: only `catalog rebuild` may say what it is.
    if ((await store.stat(journalRoot(id), {signal})) !== undefined) return;
    await store.removeTree(executionRoot(id), {signal});
    removed += 1;
  });
  return removed;
}
