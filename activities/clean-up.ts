import {journalStageRoot, logsRoot, partialsRoot} from '../src/artifacts/keys.js';
import type {WaybillActivities} from '../src/contracts/activities.js';
import {cancelExecution, cleanUpWorkspace} from '../src/execution/end.js';
import type {StorePath} from '../src/stores/store.js';
import {removeUnfinishedObjects} from '../src/stores/unfinished-objects.js';
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
        removeUnfinishedObjects(store, written(executionId, generation), {signal}),
      ]);
    });
}

/** Where the steps of one generation put small objects. */
function written(id: string, generation: number): readonly StorePath[] {
  return [
    ...(['stage', 'run', 'collect'] as const).map((stage) => journalStageRoot(id, generation, stage)),
    ...(['stdout', 'stderr'] as const).map((stream) => logsRoot(id, generation, stream)),
  ];
}
