import {Context} from '@temporalio/activity';
import {inParallel} from '../../src/stores/in-parallel.js';
import {workflowRuns} from '../../src/worker/workflow-end.js';

/** Questions to Temporal at once: each costs it some milliseconds. */
const AT_ONCE = 8;

/** Whether the workflow of this id runs. */
export async function isRunning(workflowId: string): Promise<boolean> {
  return await workflowRuns(Context.current().client, workflowId);
}

/** Those of which no workflow runs. */
export async function withoutRunning(workflowIds: Iterable<string>): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  await inParallel(workflowIds, AT_ONCE, async (id) => {
    if (!(await isRunning(id))) ended.add(id);
  });
  return ended;
}
