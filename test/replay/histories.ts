import type {Client} from '@temporalio/client';
import type {temporal} from '@temporalio/proto';

type History = temporal.api.history.v1.IHistory;
type Event = temporal.api.history.v1.IHistoryEvent;

export interface RunHistory {
  readonly workflowId: string;
  readonly runId: string;
  readonly history: History;
  readonly finished: boolean;
}

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

/** The histories of `runs`, of the runs before and after each in its chain, and of their children, each once. */
export async function collectHistories(client: Client, runs: readonly Run[]): Promise<readonly RunHistory[]> {
  const collected = new Map<string, RunHistory>();
  const waiting = [...runs];
  for (let run = waiting.pop(); run !== undefined; run = waiting.pop()) {
    const key = `${run.workflowId}\0${run.runId}`;
    if (collected.has(key)) continue;
    const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
    const events = history.events ?? [];
    if (events.length === 0) throw new Error(`the history of ${run.workflowId} (${run.runId}) is empty`);
    collected.set(key, {...run, history, finished: events.some(closes)});
    for (const event of events) waiting.push(...related(run, event));
  }
  return [...collected.values()];
}

function related({workflowId}: Run, event: Event): readonly Run[] {
  const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
  const runsOfChain = [
    event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId,
    event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId,
    event.workflowExecutionFailedEventAttributes?.newExecutionRunId,
    event.workflowExecutionTimedOutEventAttributes?.newExecutionRunId,
    event.workflowExecutionCompletedEventAttributes?.newExecutionRunId,
  ];
  return [
    ...runsOfChain.flatMap((runId) => (isSet(runId) ? [{workflowId, runId}] : [])),
    ...(isSet(child?.workflowId) && isSet(child.runId) ? [{workflowId: child.workflowId, runId: child.runId}] : []),
  ];
}

function closes(event: Event): boolean {
  return [
    event.workflowExecutionCompletedEventAttributes,
    event.workflowExecutionFailedEventAttributes,
    event.workflowExecutionTimedOutEventAttributes,
    event.workflowExecutionCanceledEventAttributes,
    event.workflowExecutionTerminatedEventAttributes,
    event.workflowExecutionContinuedAsNewEventAttributes,
  ].some((attributes) => attributes !== null && attributes !== undefined);
}

function isSet(value: string | null | undefined): value is string {
  return value !== null && value !== undefined && value !== '';
}
