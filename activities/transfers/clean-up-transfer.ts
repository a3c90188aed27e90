import type {WaybillActivities} from '../../src/contracts/activities.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {destinationAt} from './places.js';
import {readTransferPlan} from './transfer-plan.js';

/** Removes the directory of unfinished files, which also ends what a late attempt may still write. May be done again. */
export function cleanUpTransfer({records, store, targets}: ActivityDeps): WaybillActivities['cleanUpTransfer'] {
  return ({transferId, destination}) =>
    runAttempt('clean-up', records, async ({signal}) => {
      const plan = await readTransferPlan(store, transferId, signal);
      // Without a plan nothing was written.
      if (plan === undefined) return;
      const {to, partials} = await destinationAt(targets, transferId, destination, plan.root, signal);
      await to.removeTree(partials, {signal});
    });
}
