import {type Client, type ScheduleOptions, ScheduleAlreadyRunning, ScheduleOverlapPolicy} from '@temporalio/client';
import type {Configuration} from '../config/schema.js';
import {workflowNames} from '../contracts/names.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../contracts/timing.js';

const HOUR_MS = 3_600_000;

/** One for each task queue: two installations in one namespace have two. */
export function retentionScheduleId(taskQueue: string): string {
  return `${taskQueue}-retention`;
}

/**
 * Makes the schedule of the workflow `retention`, or brings it to what the configuration says; one that somebody has
 * paused stays paused. A sweep that still runs when the next is due is left alone, and ends when its hours are over, so
 * that a stuck one stops nothing for long. What was missed in an outage is made up for once.
 */
export async function ensureRetentionSchedule(
  client: Client,
  {retention, temporal}: Pick<Configuration, 'retention' | 'temporal'>,
): Promise<'created' | 'updated' | 'unchanged'> {
  const scheduleId = retentionScheduleId(temporal.taskQueue);
  const every = retention.everyHours * HOUR_MS;
  const wanted = {
    spec: {intervals: [{every}], jitter: Math.min(HOUR_MS, every / 10)},
    action: {
      type: 'startWorkflow' as const,
      workflowType: workflowNames.retention,
      workflowId: scheduleId,
      taskQueue: temporal.taskQueue,
      args: [{version: 1}],
      workflowExecutionTimeout: every,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      staticSummary: 'Remove what has expired',
    },
    policies: {overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: every},
  } satisfies Omit<ScheduleOptions, 'scheduleId'>;
  try {
    await client.schedule.create({scheduleId, ...wanted});
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  const handle = client.schedule.getHandle(scheduleId);
  const {spec, policies, action} = await handle.describe();
  const same =
    spec.intervals?.length === 1 &&
    spec.intervals[0]?.every === every &&
    policies.overlap === wanted.policies.overlap &&
    policies.catchupWindow === every &&
    action.workflowExecutionTimeout === every;
  if (same) return 'unchanged';
  await handle.update((previous) => ({...previous, ...wanted}));
  return 'updated';
}
