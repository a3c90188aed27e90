import {executionRoot, journalRoot} from '../../src/artifacts/keys.js';
import {requireMarkedStore} from '../../src/artifacts/store-marker.js';
import type {Swept, SweepRequest, WaybillActivities, WorkspacesOf} from '../../src/contracts/activities.js';
import {hasCode, isWaybillError} from '../../src/contracts/errors.js';
import {MOST_LEFT, type RetentionNote} from '../../src/contracts/retention.js';
import {inParallel} from '../../src/stores/in-parallel.js';
import type {ExpiredExecution} from '../../src/artifacts/catalog/retention.js';
import type {Attempt} from '../attempt.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {Pace} from './pace.js';
import {withoutRunning} from './running.js';
import {sweepArtifacts} from './sweep-artifacts.js';

/** Executions of one round: few enough that what a kill does again is little. */
const ROUND = 100;
/** Executions that are removed at once. */
const AT_ONCE = 4;
/** Workspaces that are asked for at a time. */
const MOST_WORKSPACES = 200;

/**
 * Executions of which everything has expired go whole, round by round: claimed, their files and journal removed, their
 * records forgotten. Then the files that have expired alone. Killed at any instant, the next attempt goes on.
 */
export function sweepExpired(deps: ActivityDeps): WaybillActivities['sweepExpired'] {
  return (request) =>
    runAttempt('clean-up', deps.records, async (attempt) => {
      // The store may have been changed since the sweep began.
      await requireMarkedStore(deps.store, deps.catalog.retention, {signal: attempt.signal});
      const sweep = new ExpirySweep(deps, request, attempt);
      return await sweep.run();
    });
}

class ExpirySweep {
  private readonly pace: Pace;
  private readonly left: RetentionNote[] = [];
  private readonly workspaces: WorkspacesOf[] = [];
  private readonly gone: ReadonlySet<string>;
  private readonly passedOver: ReadonlySet<string>;
  private readonly targetsAway: ReadonlySet<string>;

  constructor(
    private readonly deps: ActivityDeps,
    private readonly request: SweepRequest,
    private readonly attempt: Attempt,
  ) {
    this.pace = new Pace(deps.deletesPerSecond);
    this.gone = new Set(request.workspacesGone);
    this.passedOver = new Set(request.passedOver);
    this.targetsAway = new Set(request.targetsAway);
  }

  async run(): Promise<Swept> {
    const {sweepId, executionIds} = this.request;
    const {catalog, store} = this.deps;
    const cutoff = new Date(this.request.cutoff);
    const page = {cutoff, limit: ROUND, executionIds};
    for (let after: string | undefined; this.workspaces.length < MOST_WORKSPACES && this.left.length < MOST_LEFT; ) {
      const found = await catalog.retention.findExpired({...page, after});
      await this.round(found, cutoff);
      after = found.at(-1)?.id;
      if (found.length < ROUND) break;
    }
    if (executionIds === undefined) {
      const {attempt, pace} = this;
      const note = () => this.noteProgress();
      this.left.push(...(await sweepArtifacts({store, catalog, sweepId, cutoff, attempt, pace, note})));
    }
    return {workspaces: this.workspaces, left: this.left};
  }

  private async round(found: readonly ExpiredExecution[], cutoff: Date): Promise<void> {
    const {catalog} = this.deps;
    const wanted = found.filter(
      ({id, target, workspace}) =>
        !this.passedOver.has(id) && (!workspace || this.gone.has(id) || !this.targetsAway.has(target)),
    );
    const ended = await withoutRunning(wanted.map(({id}) => id));
    const claimed = new Set(await catalog.retention.claimExecutions([...ended], cutoff));
    const removed: ExpiredExecution[] = [];
    await inParallel(
      wanted.filter(({id}) => claimed.has(id)),
      AT_ONCE,
      async (execution) => {
        if (!this.awaitsWorkspace(execution) && (await this.removeFiles(execution.id))) removed.push(execution);
      },
    );
    if (removed.length === 0) return;
    await this.forget(removed.map(({id}) => id));
    await this.noteProgress();
    const files = removed.reduce((sum, {artifacts}) => sum + artifacts, removed.length);
    await this.pace.took(files, this.attempt.signal);
  }

  /** In one step; where that fails one by one, so that one whose record cannot go holds up no other. */
  private async forget(ids: readonly string[]): Promise<void> {
    const {retention} = this.deps.catalog;
    const {sweepId} = this.request;
    try {
      await retention.forgetExecutions(sweepId, ids);
      return;
    } catch (error) {
      if (!isWaybillError(error)) throw error;
    }
    for (const id of ids) {
      try {
        await retention.forgetExecutions(sweepId, [id]);
      } catch (error) {
        if (!isWaybillError(error)) throw error;
        // Where PostgreSQL does not answer at all, another attempt has to go on.
        await retention.time();
        this.left.push({name: id, code: error.code, message: error.message});
      }
    }
  }

  /** The workspace goes first: once the record is gone, nobody knows whose it is. */
  private awaitsWorkspace({id, target, generation, workspace}: ExpiredExecution): boolean {
    if (!workspace || this.gone.has(id)) return false;
    const taskQueue = this.taskQueueOf(target);
    // A target that the configuration has no more is out of everybody's reach.
    if (taskQueue === undefined) return false;
    this.workspaces.push({executionId: id, target, taskQueue, generation});
    return true;
  }

  private taskQueueOf(target: string): string | undefined {
    try {
      return this.deps.targets.taskQueue(target) ?? this.deps.taskQueue;
    } catch (error) {
      if (hasCode(error, 'target.unknown')) return undefined;
      throw error;
    }
  }

  /** The journal last: it says what the execution was, should the catalog be lost meanwhile. */
  private async removeFiles(id: string): Promise<boolean> {
    const {store} = this.deps;
    const {signal} = this.attempt;
    try {
      await store.removeTree(executionRoot(id), {signal});
      await store.removeTree(journalRoot(id), {signal});
      return true;
    } catch (error) {
      if (!isWaybillError(error) || error.code === 'store.unavailable') throw error;
      this.left.push({name: id, code: error.code, message: error.message});
      return false;
    }
  }

  private async noteProgress(): Promise<void> {
    const run = await this.deps.catalog.retention.getRun(this.request.sweepId);
    this.attempt.note({progress: (run?.artifacts ?? 0) + (run?.executions ?? 0)});
  }
}
