import {CancellationScope} from '@temporalio/workflow';
import type {MovedFiles, MoveRequest} from '../src/contracts/activities.js';
import {longActivities} from './activity-options.js';

/** Segments under way at once: enough to keep several connections busy, few enough for one worker's memory. */
const WINDOW = 4;

/**
 * Moves the files of one direction. The planner writes the plan into the journal, sorted, so that a second planner finds
 * the same segments; a plan of one segment, which most are, is moved by the planner itself and saves two activities.
 */
export async function moveFiles(request: MoveRequest, taskQueue: string): Promise<MovedFiles> {
  const words =
    request.direction === 'stage' ? `Stage inputs on ${request.target}` : `Collect outputs from ${request.target}`;
  const planned = await longActivities(taskQueue, words).planMove(request);
  if (planned.plan === 'moved') return planned.moved;

  let next = 0;
  let failure: {readonly error: unknown} | undefined;
  const scope = new CancellationScope();
  const worker = async () => {
    try {
      for (let segment = next++; segment < planned.segments && !failure; segment = next++) {
        await longActivities(taskQueue, `${words}: segment ${segment + 1} of ${planned.segments}`).moveSegment({
          ...request,
          segment,
        });
      }
    } catch (error) {
      // What follows cleans up: nothing may still move then.
      failure ??= {error};
      scope.cancel();
    }
  };
  await scope.run(() => Promise.all(Array.from({length: Math.min(WINDOW, planned.segments)}, worker)));
  if (failure) throw failure.error;
  return await longActivities(taskQueue, `${words}: directories and manifest`).closeMove({
    ...request,
    segments: planned.segments,
  });
}
