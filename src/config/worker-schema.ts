import {z} from 'zod';

export const workerSettings = z
  .strictObject({
    maxConcurrentActivities: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe(
        'Activities at once. Most of them wait for a command on a target; what moves bytes is bounded by `transfer`.',
      ),
    maxConcurrentWorkflowTasks: z
      .number()
      .int()
      .min(2)
      .max(1000)
      .default(20)
      .describe(
        'Workflow tasks at once. Each only decides, in milliseconds of CPU: more than a few per core gain nothing.',
      ),
    maxCachedWorkflows: z
      .number()
      .int()
      .min(0)
      .max(100_000)
      .default(200)
      .describe(
        'Workflows kept in memory between their tasks. Each costs memory; one that was dropped is replayed from its history.',
      ),
    shutdownGraceSeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(2)
      .describe(
        'Time that activities get to write their checkpoint when the worker is stopped, in seconds. 0 would make every stop a crash.',
      ),
    stickyQueueTimeoutSeconds: z
      .number()
      .min(0.5)
      .max(60)
      .default(2)
      .describe(
        'Time that a workflow task waits for the worker that ran the workflow last, in seconds. After a crash nobody answers there, and each workflow stands still for this long.',
      ),
  })
  .prefault({})
  .describe('Numbers of one worker process.');
