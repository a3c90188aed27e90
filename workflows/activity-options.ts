import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type {WaybillActivities} from '../src/contracts/activities.js';

/**
 * Attempts are unlimited: the engine counts those that got nowhere, from the checkpoint, and ends the step itself (P6).
 * Half a second first, since most failures are a dropped line or a dead worker; 30 s at most, so that a target that is
 * back after an hour is used soon.
 */
const retry = {initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s'} as const;

/**
 * Options of a step that takes as long as its data. A dead worker is noticed by the missing heartbeat: five seconds are
 * short enough for the ten seconds in which another machine must take over, and five of the one-second heartbeats.
 * The start-to-close limit is only there because Temporal demands one.
 */
const long: ActivityOptions = {
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '5s',
  retry,
  // The step ends what it started and says so; the workflow waits for that word before it cleans up.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** Options of a step that asks the database or one machine: a minute is ten times what the slowest healthy one takes. */
const short: ActivityOptions = {
  startToCloseTimeout: '60s',
  retry,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/** The long-running activities on the task queue of a target, under a summary that the Temporal UI shows. */
export function longActivities(taskQueue: string, summary: string) {
  return proxyActivities<Pick<WaybillActivities, 'planMove' | 'moveSegment' | 'closeMove' | 'runCommand' | 'cleanUp'>>({
    ...long,
    taskQueue,
    summary,
  });
}

/** The steps of a transfer on the task queue of a worker that reaches its places, under a summary for the Temporal UI. */
export function transferActivities(taskQueue: string, summary: string) {
  return proxyActivities<Pick<WaybillActivities, 'planTransfer' | 'copySegment' | 'closeTransfer' | 'cleanUpTransfer'>>(
    {...long, taskQueue, summary},
  );
}

/**
 * What somebody waits for at a terminal, on the workflow's own task queue or another: three attempts outlast a dropped line or
 * a restarted worker, and an hour's patience would only keep the reason from them. Hashing and removing take as long as
 * the data.
 */
export function storeActivities(taskQueue: string | undefined, summary: string) {
  return proxyActivities<Pick<WaybillActivities, 'answerStore'>>({
    ...long,
    startToCloseTimeout: '1 day',
    retry: {...retry, maximumAttempts: 3},
    summary,
    ...(taskQueue === undefined ? {} : {taskQueue}),
  });
}

/**
 * The steps of a sweep, on the workflow's own task queue. What a sweep cannot do in a day the next one does: an hour's
 * patience with a store or a database that is down is in the step itself.
 */
export function sweepActivities(summary: string) {
  return proxyActivities<Pick<WaybillActivities, 'openSweep' | 'sweepExpired' | 'sweepLeftovers' | 'closeSweep'>>({
    ...long,
    startToCloseTimeout: '1 day',
    summary,
  });
}

/** What a batch reads and writes in its journal, and asks Temporal, on the workflow's own task queue. */
export function batchActivities(summary: string) {
  return proxyActivities<
    Pick<WaybillActivities, 'openBatch' | 'readBatchPage' | 'keepBatchOutcomes' | 'awaitExecutions' | 'closeBatch'>
  >({...long, summary});
}

/** Removing what one old execution left on a target: one that is away must not hold up the others. */
export function workspaceActivities(taskQueue: string, summary: string) {
  return proxyActivities<Pick<WaybillActivities, 'cleanUp'>>({
    ...long,
    startToCloseTimeout: '10 minutes',
    scheduleToStartTimeout: '1 minute',
    retry: {...retry, maximumAttempts: 2},
    taskQueue,
    summary,
  });
}

/** The short activities on the workflow's own task queue. */
export function shortActivities(summary: string) {
  return proxyActivities<
    Pick<WaybillActivities, 'openExecution' | 'openTransfer' | 'recordEnd' | 'answerCatalog' | 'issueTickets'>
  >({
    ...short,
    summary,
  });
}

/**
 * Opening in the same workflow task saves a round trip of 40 ms before anything starts. It is tried once and briefly: a
 * database that does not answer must not hold the workflow task, so the ordinary activity takes over then.
 */
export const local = proxyLocalActivities<Pick<WaybillActivities, 'openExecution' | 'openTransfer'>>({
  scheduleToCloseTimeout: '1s',
  retry: {maximumAttempts: 1},
});

/**
 * Signing asks nobody, and takes milliseconds: an activity of its own would cost more than twice the wait for a ticket.
 * A worker without a moment for it must not hold the workflow task: the ordinary activity takes over then.
 */
export const localTickets = proxyLocalActivities<Pick<WaybillActivities, 'issueTickets'>>({
  scheduleToCloseTimeout: '2s',
  retry: {maximumAttempts: 1},
});
