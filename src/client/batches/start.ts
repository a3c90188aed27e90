import {WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError} from '@temporalio/client';
import type {OpenedBatch} from '../../contracts/activities.js';
import {batchId as batchIdShape, type BatchRequest, type BatchResult} from '../../contracts/batch.js';
import {WaybillError} from '../../contracts/errors.js';
import {OPEN_UPDATE, workflowNames} from '../../contracts/names.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../../contracts/timing.js';
import type {Session} from '../connect.js';
import {requireWorkerOrCancel} from '../require-worker.js';
import {searchAttributeNames, searchAttributesOf} from '../search-attributes.js';

export type BatchWorkflow = (request: BatchRequest) => Promise<BatchResult>;

/**
 * One call starts the workflow, takes the id and brings the ticket. Rejects with `execution.id-used` where the id runs, or,
 * unless it is a retry, was used before.
 */
export async function openBatch(session: Session, id: string, request: BatchRequest): Promise<OpenedBatch> {
  if (!batchIdShape.safeParse(id).success) {
    throw new WaybillError('input.invalid', `the id ${JSON.stringify(id)}: 1 to 57 of a-z, 0-9 and -`, {path: id});
  }
  const {target = 'local', command} = request.execution;
  // Between characters, and short enough for a summary of 400 bytes in any script.
  const label = Array.from(request.label ?? command.join(' '))
    .slice(0, 60)
    .join('');
  const operation = new WithStartWorkflowOperation<BatchWorkflow>(workflowNames.batch, {
    workflowId: id,
    taskQueue: session.taskQueue,
    args: [{...request, searchAttributes: await searchAttributeNames(session)}],
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    staticSummary: `${label}: ${request.items} files on ${target}`,
    typedSearchAttributes: await searchAttributesOf(session, {target, ...(request.label === undefined ? {} : {label})}),
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: request.retry === true ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
  });
  const update = session.temporal.workflow.executeUpdateWithStart<BatchWorkflow, OpenedBatch, []>(OPEN_UPDATE, {
    startWorkflowOperation: operation,
  });
  try {
    return await requireWorkerOrCancel(session, update, id);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new WaybillError('execution.id-used', `the id ${id} was used before`, {path: id, cause: error});
  }
}
