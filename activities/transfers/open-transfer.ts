import type {WaybillActivities} from '../../src/contracts/activities.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {splitLocation} from '../../src/contracts/transfer.js';
import type {ActivityDeps} from '../deps.js';
import {readTransferPlan} from './transfer-plan.js';

/** Refuses what the configuration forbids before anything is looked at (P8), and answers where the activities run. */
export function openTransfer({store, targets, taskQueue, transfer}: ActivityDeps): WaybillActivities['openTransfer'] {
  return async ({transferId, input}) => {
    const locations = [...input.sources, input.destination];
    for (const location of locations) targets.requireAllowed(location);
    const queues = new Set(
      locations.flatMap((location) => targets.taskQueue(splitLocation(location)?.name ?? '') ?? []),
    );
    if (queues.size > 1) {
      throw new WaybillError(
        'transfer.no-common-worker',
        `the places of this transfer belong to different workers: ${[...queues].join(', ')}`,
      );
    }
    // Temporal forgets ids: what an older transfer of this id planned must not be taken for the plan of this one.
    if ((await readTransferPlan(store, transferId)) !== undefined) {
      throw new WaybillError('transfer.id-used', `the id ${transferId} was used before`, {path: transferId});
    }
    return {taskQueue: [...queues][0] ?? taskQueue, segmentsPerRun: transfer.segmentsPerRun};
  };
}
