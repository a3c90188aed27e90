import {type Client, WorkflowNotFoundError} from '@temporalio/client';

/** When the workflow of this id ended; `undefined` where Temporal does not know it, or not any more. */
export async function workflowEnd(client: Client, workflowId: string): Promise<Date | 'running' | undefined> {
  try {
    const {closeTime} = await client.workflow.getHandle(workflowId).describe();
    // One that somebody has paused goes on one day.
    return closeTime ?? 'running';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Whether the workflow of this id has not ended. Temporal forgets what has ended, never what runs. */
export async function workflowRuns(client: Client, workflowId: string): Promise<boolean> {
  return (await workflowEnd(client, workflowId)) === 'running';
}
