import type {WaybillActivities} from '../src/contracts/activities.js';
import {WaybillError} from '../src/contracts/errors.js';
import {requireAllowed} from './allowed.js';
import type {ActivityDeps} from './deps.js';
import {exemptOutputs} from './exempt-outputs.js';

/** Takes the id in the catalog and answers where the target's activities run. */
export function openExecution({
  catalog,
  lifecycle,
  targets,
  ticket,
  taskQueue,
}: ActivityDeps): WaybillActivities['openExecution'] {
  return async ({executionId, runId, input}) => {
    const settings = requireAllowed(targets, input);
    // A retry begins their time anew: what they were tagged with counts from when they were written. Before it is opened,
    // so that one whose keys may not take tags fails as it was.
    if (input.resume !== undefined) await exemptOutputs(lifecycle, executionId);
    const outcome = await catalog.openExecution({executionId, runId, input});
    if (outcome === 'id-used') {
      throw new WaybillError('execution.id-used', `the id ${executionId} was used before`, {path: executionId});
    }
    const opened = {taskQueue: settings.taskQueue ?? taskQueue, ticket};
    if (outcome !== 'outdated') return opened;
    const ended = (await catalog.getRetryBasis(executionId))?.lastResult;
    if (ended === undefined) {
      throw new WaybillError('execution.not-found', `${executionId} was removed meanwhile`, {path: executionId});
    }
    return {...opened, ended};
  };
}
