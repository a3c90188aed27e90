import type {WorkerOptions} from '@temporalio/worker';
import type {WorkerConfiguration} from '../config/schema.js';
import {HEARTBEAT_INTERVAL_MS} from '../contracts/timing.js';

export type WaybillWorkerOptions = Pick<
  WorkerOptions,
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxConcurrentWorkflowTaskExecutions'
  | 'workflowTaskPollerBehavior'
  | 'activityTaskPollerBehavior'
  | 'maxCachedWorkflows'
  | 'maxHeartbeatThrottleInterval'
  | 'defaultHeartbeatThrottleInterval'
  | 'shutdownGraceTime'
  | 'shutdownForceTime'
  | 'stickyQueueScheduleToStartTimeout'
>;

/**
 * Temporal hands out tasks to each poll that it holds open, also to those of a worker that the network has cut off: each
 * loses a task until its timeout (5 s and the back-off of an activity, 10 s of a workflow). An idle worker of the SDK's
 * default holds ten for each kind and queue, and seven lost in a row are a minute.
 */
const POLLERS = {type: 'autoscaling', minimum: 1, initial: 2, maximum: 10} as const;

/** The worker options that the promises need: the SDK's defaults lose checkpoints and make every stop a crash. */
export function workerOptions(settings: WorkerConfiguration): WaybillWorkerOptions {
  return {
    maxConcurrentActivityTaskExecutions: settings.maxConcurrentActivities,
    maxConcurrentWorkflowTaskExecutions: settings.maxConcurrentWorkflowTasks,
    workflowTaskPollerBehavior: POLLERS,
    activityTaskPollerBehavior: POLLERS,
    maxCachedWorkflows: settings.maxCachedWorkflows,
    // The default holds a heartbeat back for 0.8 of the timeout: a crash would lose seconds of progress.
    maxHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS,
    defaultHeartbeatThrottleInterval: HEARTBEAT_INTERVAL_MS,
    shutdownGraceTime: settings.shutdownGraceSeconds * 1000,
    // Activities heed the shutdown within moments: what has not ended after twice the grace hangs.
    shutdownForceTime: settings.shutdownGraceSeconds * 2000 + 5_000,
    stickyQueueScheduleToStartTimeout: settings.stickyQueueTimeoutSeconds * 1000,
  };
}
