import type {WaybillActivities} from '../src/contracts/activities.js';
import {runAttempt} from './attempt.js';
import type {ActivityDeps} from './deps.js';
import {readPlannedSegment} from './moves/move-plan.js';
import {movePlanned} from './moves/move-planned.js';
import {openMove} from './plan-move.js';

/** Moves one segment of a plan that has several. Its outcomes are in the journal. */
export function moveSegment(deps: ActivityDeps): WaybillActivities['moveSegment'] {
  return (request) =>
    runAttempt('move', deps.records, async (attempt) => {
      const move = await openMove(deps, request, attempt);
      const segment = await readPlannedSegment(deps.store, request, request.segment, attempt.signal);
      await movePlanned(move, segment, request.segment);
    });
}
