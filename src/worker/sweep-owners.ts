import type {Client} from '@temporalio/client';
import type {Catalog} from '../artifacts/catalog/catalog.js';
import {workflowRuns} from './workflow-end.js';

const DAY_MS = 86_400_000;

/** `waybill retry` may take up a kept workspace to the last moment of its time: the sweep comes an hour after that. */
const MARGIN_MS = 3_600_000;

/** Who may still need what lies about. Asking costs the catalog or Temporal a few milliseconds. */
export interface SweepOwners {
  /**
   * True for a workspace that is not ours to remove: its execution runs, ended too recently, or is not in this
   * catalog, so that it belongs to another installation that uses the same target.
   */
  readonly ownWorkspace: (executionId: string) => Promise<boolean>;
}

export function sweepOwners(
  catalog: Pick<Catalog, 'getExecution'> & {readonly retention: Pick<Catalog['retention'], 'wasRemoved'>},
  client: Client,
  leftoverDays: number,
  now: () => number = Date.now,
): SweepOwners {
  return {
    ownWorkspace: async (executionId) => {
      const record = await catalog.getExecution(executionId);
      // Removed while the target was away, or before its clean-up came through.
      if (!record) return !(await catalog.retention.wasRemoved(executionId));
      const ended = record.endedAt === undefined ? undefined : Date.parse(record.endedAt);
      if (ended !== undefined && now() < ended + leftoverDays * DAY_MS + MARGIN_MS) return true;
      return await workflowRuns(client, executionId);
    },
  };
}
