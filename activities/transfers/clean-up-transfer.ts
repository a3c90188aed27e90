import {transferRoot} from '../../src/artifacts/keys.js';
import type {WaybillActivities} from '../../src/contracts/activities.js';
import {removeUnfinishedObjects} from '../../src/stores/unfinished-objects.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {destinationAt} from './places.js';
import {readTransferPlan} from './transfer-plan.js';

/**
 * Removes the directory of unfinished files, which also ends what a late attempt may still write, and gives the
 * destination free. May be done again.
 */
export function cleanUpTransfer({claims, records, store, targets}: ActivityDeps): WaybillActivities['cleanUpTransfer'] {
  return (ref) =>
    runAttempt('clean-up', records, async ({signal}) => {
      const {transferId} = ref;
      const plan = await readTransferPlan(store, transferId, signal);
      // Without a plan nothing was written.
      if (plan !== undefined) {
        const {to, partials} = await destinationAt(targets, ref, plan.root, signal);
        await to.removeTree(partials, {signal});
        await removeUnfinishedObjects(store, [transferRoot(transferId)], {signal});
      }
      await claims.release({kind: 'workflow', id: transferId});
    });
}
