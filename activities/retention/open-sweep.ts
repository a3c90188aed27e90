import {requireMarkedStore} from '../../src/artifacts/store-marker.js';
import type {WaybillActivities} from '../../src/contracts/activities.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {writeStoredExecution} from '../stored-execution.js';
import {isRunning} from './running.js';

/** Begins a sweep. Those that are named must have ended; from then on nothing takes them up, whatever happens to the sweep. */
export function openSweep({catalog, records, store}: ActivityDeps): WaybillActivities['openSweep'] {
  return ({sweepId, executionIds = []}) =>
    runAttempt('clean-up', records, async ({signal}) => {
      await requireMarkedStore(store, catalog.retention, {signal});
      for (const id of executionIds) {
        if (await isRunning(id)) throw new WaybillError('execution.open', `${id} runs`, {path: id});
        // One that was terminated never said that it ended.
        await catalog.retention.dateAbandoned([id], await catalog.retention.time());
        await catalog.retention.requestRemoval(id);
        await writeStoredExecution(store, catalog, id, signal);
      }
      await catalog.retention.begin(sweepId);
      return {time: (await catalog.retention.time()).toISOString()};
    });
}

export function closeSweep({catalog, records}: ActivityDeps): WaybillActivities['closeSweep'] {
  return ({sweepId, failure}) =>
    runAttempt('clean-up', records, async () => {
      await catalog.retention.end(sweepId, failure);
      const run = await catalog.retention.getRun(sweepId);
      const {executions = 0, artifacts = 0, bytes = 0, tickets = 0, leftovers = 0} = run ?? {};
      return {executions, artifacts, bytes, tickets, leftovers};
    });
}
