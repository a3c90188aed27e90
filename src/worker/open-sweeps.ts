import {join} from 'node:path';
import type {Client} from '@temporalio/client';
import type {Logger} from 'pino';
import type {ActivityDeps} from '../../activities/deps.js';
import type {Configuration} from '../config/schema.js';
import {sweepWorkspaces} from '../execution/sweep.js';
import {livingHolders} from './claim-holders.js';
import {sweepOwners} from './sweep-owners.js';
import {workflowRuns} from './workflow-end.js';
import {SweepRecord} from './sweep-record.js';
import {sweepTransfers} from './sweep-transfers.js';
import {Sweeps} from './sweeps.js';

/**
 * Begins to sweep the targets of this worker's task queues, and what transfers left on them and on its stores (P10). The
 * default store is the workflow `retention`'s.
 */
export function openSweeps(
  {stateDirectory, retention, temporal, targets, stores}: Configuration,
  taskQueues: readonly string[],
  deps: ActivityDeps,
  client: Client,
  log: Logger,
): Sweeps {
  const {leftoverDays: olderThanDays} = retention;
  const {ownWorkspace} = sweepOwners(deps.catalog, client, olderThanDays);
  const isAlive = livingHolders((id) => workflowRuns(client, id));
  const serves = (name: string) => {
    const place = targets[name] ?? stores[name];
    return place !== undefined && taskQueues.includes(place.taskQueue ?? temporal.taskQueue);
  };
  const served = Object.keys(targets).filter(serves);
  return new Sweeps({
    record: new SweepRecord(join(stateDirectory, 'sweeps.json')),
    targets: served,
    atHand: served.filter((name) => targets[name]?.kind === 'local'),
    log,
    sweep: async (place, signal) => {
      if (place === 'transfers') {
        const destinations = await sweepTransfers({
          ...{claims: deps.claims, targets: deps.targets, serves, olderThanDays, signal, isAlive},
          onFailure: (err, location) => log.warn({err, location}, 'not swept; it is tried again in an hour'),
        });
        if (destinations > 0) log.info({destinations}, 'swept what transfers had left');
        return;
      }
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
