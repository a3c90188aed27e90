import {posix} from 'node:path';
import {Context} from '@temporalio/activity';
import {originOf, type RunOrigin} from '../src/contracts/origin.js';
import type {MoveReport, Place, ReportedMove} from '../src/worker/move-report.js';
import type {ActivityDeps} from './deps.js';

/** What this attempt tells of the files that it moves, under the ids of its run. */
export function reportMove(
  {telemetry}: Pick<ActivityDeps, 'telemetry'>,
  {origin = {}}: {readonly origin?: RunOrigin},
  move: Pick<ReportedMove, 'operation' | 'source' | 'destination' | 'files'>,
): MoveReport {
  const {workflowExecution, attempt} = Context.current().info;
  const run = workflowExecution?.workflowId ?? '';
  return telemetry.move({...originOf(origin, run), run, attempt, ...move});
}

/** `path` below the allowed directory that holds `location`. Connects to nothing. */
export function placeOf({targets}: Pick<ActivityDeps, 'targets'>, location: string, path = ''): Place {
  const {name, root} = targets.requireAllowed(location);
  return {name, directory: posix.join(root, path)};
}
