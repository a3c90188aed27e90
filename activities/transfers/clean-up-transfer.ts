import {transferRoot} from '../../src/artifacts/keys.js';
import type {TransferredFiles, WaybillActivities} from '../../src/contracts/activities.js';
import {addCounts, noCounts} from '../../src/contracts/transfer.js';
import type {Store} from '../../src/stores/store.js';
import {removeUnfinishedObjects} from '../../src/stores/unfinished-objects.js';
import {countsOf} from '../../src/transfer/copy/counts.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {readOutcomes} from '../moves/outcome-pages.js';
import {destinationAt} from './places.js';
import {readTransferPlan} from './transfer-plan.js';

/**
 * Removes the directory of unfinished files, which also ends what a late attempt may still write, and gives the
 * destination free. May be done again. Counts what segments had settled that were cancelled or gave up.
 */
export function cleanUpTransfer({claims, records, store, targets}: ActivityDeps): WaybillActivities['cleanUpTransfer'] {
  return (ref) =>
    runAttempt('clean-up', records, async ({signal}) => {
      const {transferId, interrupted = []} = ref;
      const plan = await readTransferPlan(store, transferId, signal);
      // Without a plan nothing was written.
      if (plan !== undefined) {
        const {to, partials} = await destinationAt(targets, ref, plan.root, signal);
        await to.removeTree(partials, {signal});
        await removeUnfinishedObjects(store, [transferRoot(transferId)], {signal});
      }
      await claims.release({kind: 'workflow', id: transferId});
      return plan === undefined ? undefined : await arrived(store, transferId, interrupted, signal);
    });
}

/** What failed would have been tried again: it counts only with the last attempt, which never was. */
async function arrived(
  store: Store,
  transferId: string,
  segments: readonly number[],
  signal: AbortSignal,
): Promise<TransferredFiles> {
  let counts = noCounts;
  for (const segment of segments) {
    const settled = await readOutcomes(store, transferRoot(transferId), segment, signal);
    counts = addCounts(counts, countsOf(settled.filter(({outcome}) => outcome !== 'failed')));
  }
  return {counts, failures: []};
}
