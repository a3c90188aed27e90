import {Context} from '@temporalio/activity';
import {WorkflowNotFoundError} from '@temporalio/client';
import {inParallel} from '../../src/transfer/in-parallel.js';

/** Questions to Temporal at once: each costs it some milliseconds. */
const AT_ONCE = 8;

/** Whether the workflow of this id runs. Temporal forgets what has ended, never what runs. */
export async function isRunning(workflowId: string): Promise<boolean> {
  return (await closedAt(workflowId)) === 'running';
}

/** When the workflow of this id ended; undefined where Temporal does not know it, or not any more. */
export async function closedAt(workflowId: string): Promise<Date | 'running' | undefined> {
  try {
    const {closeTime} = await Context.current().client.workflow.getHandle(workflowId).describe();
    // One that somebody has paused goes on one day.
    return closeTime ?? 'running';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Those of which no workflow runs. */
export async function withoutRunning(workflowIds: Iterable<string>): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  await inParallel(workflowIds, AT_ONCE, async (id) => {
    if (!(await isRunning(id))) ended.add(id);
  });
  return ended;
}
