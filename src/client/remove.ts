import {workflowNames} from '../contracts/names.js';
import type {RetentionRequest, RetentionResult} from '../contracts/retention.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../contracts/timing.js';
import type {Session} from './connect.js';
import {translate} from './failures.js';
import {requireWorkerOrCancel} from './require-worker.js';

/** Removes one execution with everything of it. A second call while the first is under way waits for that one. */
export async function removeExecution(session: Session, executionId: string): Promise<RetentionResult> {
  const run = session.temporal.workflow.execute<(request: RetentionRequest) => Promise<RetentionResult>>(
    workflowNames.retention,
    {
      workflowId: removalId(executionId),
      workflowIdConflictPolicy: 'USE_EXISTING',
      taskQueue: session.taskQueue,
      args: [{version: 1, executionIds: [executionId]}],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      staticSummary: `Remove ${executionId}`,
    },
  );
  try {
    return await requireWorkerOrCancel(session, run, removalId(executionId));
  } catch (error) {
    throw translate(error, executionId);
  }
}

/** No execution has it: a colon is in no id of theirs. */
export function removalId(executionId: string): string {
  return `remove:${executionId}`;
}
