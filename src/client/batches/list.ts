import type {WorkflowExecutionInfo} from '@temporalio/client';
import {batchMemo} from '../../contracts/batch.js';
import {BATCH_MEMO, workflowNames} from '../../contracts/names.js';
import type {BatchSummary} from '../batch-api.js';
import type {Session} from '../connect.js';
import {translate} from '../failures.js';
import {lastRunsOf, workflowSummary} from '../workflow-summary.js';

/** The newest first; of one that was tried again the last round alone. */
export async function* listBatches(session: Session, limit = Number.POSITIVE_INFINITY): AsyncGenerator<BatchSummary> {
  const query = lastRunsOf(workflowNames.batch);
  const seen = new Set<string>();
  try {
    for await (const found of session.temporal.workflow.list({query})) {
      if (seen.size >= limit) return;
      if (seen.has(found.workflowId)) continue;
      seen.add(found.workflowId);
      yield summaryOf(found);
    }
  } catch (error) {
    throw translate(error, 'batches');
  }
}

function summaryOf(info: WorkflowExecutionInfo): BatchSummary {
  // One that was refused at its start has none.
  const shown = batchMemo.safeParse(info.memo?.[BATCH_MEMO]).data;
  return {
    ...workflowSummary(info),
    label: shown?.label ?? '',
    target: shown?.target ?? '',
    counts: shown?.counts ?? {items: 0, succeeded: 0, failed: 0, cancelled: 0},
  };
}
