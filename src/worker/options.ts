import type {WorkerOptions} from '@temporalio/worker';
import type {WorkerConfiguration} from '../config/schema.js';
import {HEARTBEAT_INTERVAL_MS} from '../contracts/timing.js';

export type WaybillWorkerOptions = Pick<
  WorkerOptions,
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxConcurrentWorkflowTaskExecutions'
  | 'activityTaskPollerBehavior'
  | 'maxCachedWorkflows'
  | 'maxHeartbeatThrottleInterval'
  | 'defaultHeartbeatThrottleInterval'
  | 'shutdownGraceTime'
  | 'shutdownForceTime'
  | 'stickyQueueScheduleToStartTimeout'
>;

/** The worker options that the promises need: the SDK's defaults lose checkpoints and make every stop a crash. */
export function workerOptions(settings: WorkerConfiguration): WaybillWorkerOptions {
  return {
    maxConcurrentActivityTaskExecutions: settings.maxConcurrentActivities,
    maxConcurrentWorkflowTaskExecutions: settings.maxConcurrentWorkflowTasks,
    // Not `autoscaling`: it tries again for ever what Temporal refuses, and a worker whose key was revoked would look alive.
    activityTaskPollerBehavior: {type: 'simple-maximum', maximum: settings.maxConcurrentActivityPolls},
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
