import type {WorkflowExecutionInfo} from '@temporalio/client';
import {z} from 'zod';
import {workflowNames} from '../../contracts/names.js';
import type {TransferSummary} from '../api.js';
import type {Session} from '../connect.js';
import {translate} from '../failures.js';
import {lastRunsOf, workflowSummary} from '../workflow-summary.js';

/** Transfers that are asked for their places at once. */
const AT_ONCE = 16;

/** Those that Temporal still knows, the newest first. */
export async function* listTransfers(
  session: Session,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<TransferSummary> {
  const query = lastRunsOf(workflowNames.transfer);
  let batch: WorkflowExecutionInfo[] = [];
  let left = limit;
  try {
    for await (const found of session.temporal.workflow.list({query})) {
      if (left-- <= 0) break;
      batch.push(found);
      if (batch.length < AT_ONCE) continue;
      yield* await summaries(session, batch);
      batch = [];
    }
    yield* await summaries(session, batch);
  } catch (error) {
    throw translate(error, 'transfers');
  }
}

function summaries(session: Session, found: readonly WorkflowExecutionInfo[]): Promise<TransferSummary[]> {
  return Promise.all(found.map(async (info) => ({...workflowSummary(info), ...(await placesOf(session, info))})));
}

const places = z.object({sources: z.array(z.string()), destination: z.string()});

/** From the input, which is the first event of a history: lists of Temporal do not have it. */
async function placesOf(
  {temporal, namespace, payloads}: Session,
  {workflowId, runId}: WorkflowExecutionInfo,
): Promise<Pick<TransferSummary, 'sources' | 'destination'>> {
  const {history} = await temporal.workflowService.getWorkflowExecutionHistory({
    ...{namespace, execution: {workflowId, runId}, maximumPageSize: 1},
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  const parsed = places.safeParse(payload ? await payloads.decodeValue(payload) : undefined);
  return parsed.success ? parsed.data : {};
}
