import type {WorkflowExecutionInfo} from '@temporalio/client';

/** What a list shows of any workflow of ours. */
export interface WorkflowSummary {
  readonly id: string;
  readonly state: 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** ISO 8601, of the last run where it continued as new. */
  readonly startedAt: string;
  readonly endedAt?: string;
}

const states: Readonly<Record<string, WorkflowSummary['state']>> = {
  RUNNING: 'running',
  COMPLETED: 'succeeded',
  CANCELLED: 'cancelled',
};

export function workflowSummary({workflowId, status, startTime, closeTime}: WorkflowExecutionInfo): WorkflowSummary {
  return {
    id: workflowId,
    state: states[status.name] ?? 'failed',
    startedAt: startTime.toISOString(),
    ...(closeTime === undefined ? {} : {endedAt: closeTime.toISOString()}),
  };
}

/** The last run of each workflow of a type, for Temporal's lists. */
export function lastRunsOf(workflowType: string): string {
  return `WorkflowType = '${workflowType}' AND ExecutionStatus != 'ContinuedAsNew'`;
}
