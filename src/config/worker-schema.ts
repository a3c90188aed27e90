import {z} from 'zod';
import {localPath} from './field-kinds.js';

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
    maxConcurrentActivityPolls: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe(
        'Questions for activities that are open at once, for each task queue. Temporal also answers those of a worker that the network has cut off, and each answer that is lost costs seconds until another worker takes over. More are of use where Temporal is far away: an activity takes one for a round trip.',
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
    metrics: z
      .string()
      .regex(
        /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/,
        'must be an IP address and a port, such as 127.0.0.1:9464',
      )
      .optional()
      .describe(
        'IP address and port where the worker serves Prometheus metrics, its own and those of Temporal, under `/metrics`. There is no authentication: bind it to a network that may read the names of your targets. Default: off.',
      ),
    auditLog: localPath(z.string().min(1).optional()).describe(
      'File that gets one JSON object a line for each file that is moved, beside the worker log, which has them too at level `info`. Appended, never rotated; mode 0600. Default: none.',
    ),
  })
  .prefault({})
  .describe('Numbers of one worker process, and what it tells of itself.');
