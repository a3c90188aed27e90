import {Context} from '@temporalio/activity';
import {executionId} from '../../src/contracts/ids.js';
import {requireMarkedStore} from '../../src/artifacts/store-marker.js';
import {batchRoot, transferRoot} from '../../src/artifacts/keys.js';
import type {WaybillActivities} from '../../src/contracts/activities.js';
import {runAttempt} from '../attempt.js';
import {readHead} from '../batches/batch-journal.js';
import {removeUnopened} from '../batches/close-batch.js';
import type {ActivityDeps} from '../deps.js';
import {namesIn, youngestIn} from './directories.js';
import {isRunning, withoutRunning} from './running.js';
import {sweepForgotten} from './sweep-forgotten.js';
import {sweepPartialsOfExecutions} from './sweep-partials.js';
import {workflowEnd} from '../../src/worker/workflow-end.js';

const DAY_MS = 86_400_000;
const ROUND = 100;

/** What a sweep removes beside expired files. Ages are counted back from the time that both clocks agree on. */
export function sweepLeftovers(deps: ActivityDeps): WaybillActivities['sweepLeftovers'] {
  const {catalog, store, telemetry, leftoverDays, retentionDays} = deps;
  return ({sweepId, cutoff}) =>
    runAttempt('clean-up', deps.records, async ({signal, note}) => {
      await requireMarkedStore(store, catalog.retention, {signal});
      const now = Date.parse(cutoff);
      const daysAgo = (days: number) => new Date(now - days * DAY_MS);
      let progress = 0;
      const count = async (names: number) => {
        if (names > 0) await catalog.retention.countLeftovers(sweepId, names);
        note({progress: (progress += names)});
      };
      await dateAbandonedExecutions(deps, daysAgo(leftoverDays), daysAgo(-retentionDays));
      await catalog.retention.dateUndated(daysAgo(-retentionDays));
      await catalog.retention.forgetTickets(sweepId, new Date(now));
      await count(await sweepForgotten(store, catalog.retention, signal));
      // Marks and workspaces of an execution go for so long after it, and tickets work for a week: its id must not come back before.
      await catalog.retention.forgetIds(daysAgo(3 * leftoverDays));
      const before = daysAgo(leftoverDays).getTime();
      let newer = 0;
      const onNewer = () => (newer += 1);
      await count(await sweepPartialsOfExecutions(store, {before, runs: isRunning, onNewer, signal}));
      if (newer > 0) telemetry.log.warn({partials: newer}, 'unfinished files of a newer Waybill are left to it');
      const kept = daysAgo(retentionDays).getTime();
      await count(await sweepJournals(deps, 'transfers', kept, signal));
      await count(await sweepJournals(deps, 'batches', kept, signal));
    });
}

/** Executions whose workflow was terminated never say how they ended. They get the time of one that has just ended. */
async function dateAbandonedExecutions({catalog}: ActivityDeps, cutoff: Date, expiresAt: Date): Promise<void> {
  for (let after: string | undefined; ; ) {
    const open = await catalog.retention.findAbandoned({cutoff, limit: ROUND, after});
    await catalog.retention.dateAbandoned([...(await withoutRunning(open))], expiresAt);
    after = open.at(-1);
    if (open.length < ROUND) return;
  }
}

/** Plans and outcomes of copies and batches: for as long after the end as an execution's, by Temporal's word or the store's. */
async function sweepJournals(
  deps: ActivityDeps,
  kind: 'transfers' | 'batches',
  before: number,
  signal: AbortSignal,
): Promise<number> {
  const {store} = deps;
  let removed = 0;
  for await (const name of namesIn(store, kind, signal)) {
    if (!executionId.safeParse(name).success) continue;
    const closed = await workflowEnd(Context.current().client, name);
    if (closed === 'running' || (closed !== undefined && closed.getTime() > before)) continue;
    const root = kind === 'transfers' ? transferRoot(name) : batchRoot(name);
    if ((await youngestIn(store, root, signal)) > before) continue;
    if (kind === 'batches') {
      // Of one that was terminated, or whose client was cut off, inputs may lie there that no execution was opened for.
      const end = (await readHead(store, name))?.input.items ?? 0;
      removed += await removeUnopened(deps, {batchId: name, first: 0, end, signal});
    }
    await store.removeTree(root, {signal});
    removed += 1;
  }
  return removed;
}
