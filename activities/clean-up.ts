import {partialsRoot} from '../src/artifacts/keys.js';
import type {WaybillActivities} from '../src/contracts/activities.js';
import {cancelExecution, cleanUpWorkspace} from '../src/execution/end.js';
import {runAttempt} from './attempt.js';
import type {ActivityDeps} from './deps.js';

/** Ends what may still run, removes the workspace and the unfinished files. May be done again. */
export function cleanUp({records, store, targets}: ActivityDeps): WaybillActivities['cleanUp'] {
  return ({executionId, generation, keepWorkspace, target: name}) =>
    runAttempt('clean-up', records, async ({signal}) => {
      const target = await targets.connect(name, signal);
      const workspace = {root: target.workspaceRoot, executionId, generation};
      await Promise.all([
        // A workspace that is kept for a retry keeps its files; whatever the command left running ends all the same.
        keepWorkspace
          ? cancelExecution(target.shell, workspace, {signal})
          : cleanUpWorkspace(target.shell, workspace, {signal}),
        keepWorkspace ? undefined : store.removeTree(partialsRoot(executionId), {signal}),
      ]);
    });
}
