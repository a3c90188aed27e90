import {journalStageRoot} from '../src/artifacts/keys.js';
import type {WaybillActivities} from '../src/contracts/activities.js';
import {WaybillError} from '../src/contracts/errors.js';
import {runAttempt} from './attempt.js';
import type {ActivityDeps} from './deps.js';
import {closePlanned} from './moves/close.js';
import {readPlan} from './moves/move-plan.js';
import {readOutcomes} from './moves/outcome-pages.js';
import {openMove} from './plan-move.js';

/** Ends a move of several segments. */
export function closeMove(deps: ActivityDeps): WaybillActivities['closeMove'] {
  return (request) =>
    runAttempt('move', deps.records, async (attempt) => {
      const move = await openMove(deps, request, attempt);
      const plan = await readPlan(deps.store, request, attempt.signal);
      if (!plan)
        throw new WaybillError('store.io', 'the plan is no longer in the journal', {path: request.executionId});
      const outcomes = await readOutcomes(
        deps.store,
        journalStageRoot(request.executionId, request.generation, request.direction),
        undefined,
        attempt.signal,
      );
      return await closePlanned(move, plan, outcomes);
    });
}
