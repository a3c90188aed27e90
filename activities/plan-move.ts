import {Context} from '@temporalio/activity';
import type {MoveRequest, WaybillActivities} from '../src/contracts/activities.js';
import {prepareWorkspace} from '../src/execution/end.js';
import type {Store} from '../src/stores/store.js';
import {type Attempt, runAttempt} from './attempt.js';
import type {ActivityDeps} from './deps.js';
import {closePlanned} from './moves/close.js';
import {keepPlan, type MovePlan, readPlan} from './moves/move-plan.js';
import {type Move, movePlanned} from './moves/move-planned.js';
import {planCollect} from './moves/plan-collect.js';
import {planStage} from './moves/plan-stage.js';

/** Plans a move, or finds its plan; moves it too where it has one segment, which most have. */
export function planMove(deps: ActivityDeps): WaybillActivities['planMove'] {
  return (request) =>
    runAttempt('move', deps.records, async (attempt) => {
      const move = await openMove(deps, request, attempt);
      const plan = await findOrMakePlan(move);
      if (plan.segments.length > 1) return {plan: 'segments', segments: plan.segments.length};
      const [segment] = plan.segments;
      const outcomes = segment ? await movePlanned(move, segment, 0) : [];
      return {plan: 'moved', moved: await closePlanned(move, plan, outcomes)};
    });
}

/** Connects to the target. Staging makes the workspace; collecting finds it. */
export async function openMove(deps: ActivityDeps, request: MoveRequest, attempt: Attempt): Promise<Move> {
  const target = await deps.targets.connect(request.target, attempt.signal);
  const {executionId, generation} = request;
  const workspace = {root: target.workspaceRoot, executionId, generation};
  return {deps, request, target, workspace, attempt, outputs: await outputsStore(deps, request)};
}

/** A workflow of an earlier version does not say how long its outputs are kept: then nothing but the sweep deletes them. */
async function outputsStore({store, lifecycle}: ActivityDeps, {direction, kept}: MoveRequest): Promise<Store> {
  if (direction !== 'collect' || kept === undefined || lifecycle === undefined) return store;
  return await lifecycle.outputs(kept);
}

async function findOrMakePlan(move: Move): Promise<MovePlan> {
  const {deps, request, target, workspace, attempt} = move;
  const {signal} = attempt;
  if (request.direction === 'stage') await prepareWorkspace(target.shell, workspace, {signal});
  const runId = Context.current().info.workflowExecution?.runId;
  const known = await readPlan(deps.store, request, signal);
  // A retry that collects looks again: what was refused or changing may have been mended.
  if (known && (request.direction === 'stage' || known.runId === runId)) return known;
  const made =
    request.direction === 'stage'
      ? await planStage(deps, request, signal)
      : await planCollect(deps, target, workspace, request, signal);
  return await keepPlan(deps.store, request, {...made, runId}, {signal, replace: known !== undefined});
}
