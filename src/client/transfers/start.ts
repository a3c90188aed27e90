import {WorkflowExecutionAlreadyStartedError} from '@temporalio/client';
import {WaybillError} from '../../contracts/errors.js';
import {workflowNames} from '../../contracts/names.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../../contracts/timing.js';
import type {CopyStart, TransferHandle} from '../api.js';
import type {Session} from '../connect.js';
import {newExecutionId} from '../execution-id.js';
import {translateTransfer} from './failures.js';
import {Transfer, type TransferWorkflow} from './transfer.js';

export async function startTransfer(session: Session, options: CopyStart): Promise<TransferHandle> {
  const {id, taskQueue, ...request} = options;
  const first = request.sources[0] ?? '';
  const transferId = id ?? newExecutionId(request.label ?? 'copy', [first]);
  const more = request.sources.length > 1 ? ` and ${request.sources.length - 1} more` : '';
  const on = taskQueue === undefined ? session : {...session, taskQueue};
  try {
    await session.temporal.workflow.start<TransferWorkflow>(workflowNames.transfer, {
      workflowId: transferId,
      taskQueue: on.taskQueue,
      args: [{requestedBy: session.requestedBy, ...request}],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${request.label ?? `${first.slice(0, 60)}${more}`} → ${request.destination.slice(0, 60)}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw translateTransfer(error, transferId);
    throw new WaybillError('transfer.id-used', `the id ${transferId} was used before`, {
      path: transferId,
      cause: error,
    });
  }
  return new Transfer(on, transferId);
}
