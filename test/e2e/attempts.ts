import type {Client} from '@temporalio/client';
import type {temporal} from '@temporalio/proto';

/** The attempt that ended an activity, as the history tells it. */
export interface LastAttempt {
  readonly activity: string;
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds since 1970; undefined for an activity that failed. */
  readonly completedAt?: number;
  /** How the attempt before it ended: the failure's own type, or `timeout`. */
  readonly before?: string;
  readonly heartbeatTimeoutMs: number;
  readonly firstRetryMs: number;
}

/** The activities of a workflow that have ended, in the order in which they were scheduled. */
export async function lastAttempts(client: Client, workflowId: string): Promise<readonly LastAttempt[]> {
  const {events = []} = await client.workflow.getHandle(workflowId).fetchHistory();
  const attempts: LastAttempt[] = [];
  for (const scheduled of events ?? []) {
    const plan = scheduled.activityTaskScheduledEventAttributes;
    if (!plan) continue;
    const id = String(scheduled.eventId);
    const begun = events?.find((event) => String(event.activityTaskStartedEventAttributes?.scheduledEventId) === id);
    if (!begun) continue;
    const done = events?.find((event) => String(event.activityTaskCompletedEventAttributes?.scheduledEventId) === id);
    const before = endOf(begun.activityTaskStartedEventAttributes?.lastFailure);
    attempts.push({
      activity: plan.activityType?.name ?? '',
      attempt: begun.activityTaskStartedEventAttributes?.attempt ?? 1,
      startedAt: milliseconds(begun.eventTime),
      heartbeatTimeoutMs: milliseconds(plan.heartbeatTimeout),
      firstRetryMs: milliseconds(plan.retryPolicy?.initialInterval),
      ...(done ? {completedAt: milliseconds(done.eventTime)} : {}),
      ...(before === undefined ? {} : {before}),
    });
  }
  return attempts;
}

/** Those that needed more than one attempt. */
export async function repeatedAttempts(client: Client, workflowId: string): Promise<readonly LastAttempt[]> {
  return (await lastAttempts(client, workflowId)).filter(({attempt}) => attempt > 1);
}

function endOf(failure: temporal.api.failure.v1.IFailure | null | undefined): string | undefined {
  if (!failure) return undefined;
  if (failure.timeoutFailureInfo) return 'timeout';
  return failure.applicationFailureInfo?.type ?? failure.message ?? 'unknown';
}

/** Seconds are 64-bit numbers of another library. */
function milliseconds(time: {readonly seconds?: unknown; readonly nanos?: number | null} | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}
