import {join} from 'node:path';
import type {Client} from '@temporalio/client';
import type {Logger} from 'pino';
import type {ActivityDeps} from '../../activities/deps.js';
import type {Configuration} from '../config/schema.js';
import {sweepWorkspaces} from '../execution/sweep.js';
import {sweepOwners} from './sweep-owners.js';
import {SweepRecord} from './sweep-record.js';
import {Sweeps} from './sweeps.js';

/** Begins to sweep the targets of this worker's task queues (P10). The default store is the workflow `retention`'s. */
export function openSweeps(
  {stateDirectory, retention, temporal, targets}: Configuration,
  taskQueues: readonly string[],
  deps: ActivityDeps,
  client: Client,
  log: Logger,
): Sweeps {
  const {leftoverDays: olderThanDays} = retention;
  const {ownWorkspace} = sweepOwners(deps.catalog, client, olderThanDays);
  const served = Object.keys(targets).filter((name) =>
    taskQueues.includes(targets[name]?.taskQueue ?? temporal.taskQueue),
  );
  return new Sweeps({
    record: new SweepRecord(join(stateDirectory, 'sweeps.json')),
    targets: served,
    atHand: served.filter((name) => targets[name]?.kind === 'local'),
    log,
    sweep: async (place, signal) => {
      const target = await deps.targets.connect(place.slice('target:'.length), signal);
      const workspaces = await sweepWorkspaces(target.shell, target.workspaceRoot, {
        olderThanDays,
        isOwned: ({executionId}) => ownWorkspace(executionId),
        signal,
      });
      if (workspaces > 0) log.info({target: target.name, workspaces}, 'swept workspaces that nobody owned');
    },
  });
}
