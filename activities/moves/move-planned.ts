import {posix} from 'node:path';
import {inputsRoot, journalStageRoot, outputsRoot, partialsRoot} from '../../src/artifacts/keys.js';
import type {MoveRequest} from '../../src/contracts/activities.js';
import {type Workspace, workspacePaths} from '../../src/execution/workspace.js';
import type {Store, StorePath} from '../../src/stores/store.js';
import type {FileOutcome} from '../../src/transfer/file-outcome.js';
import {moveSegment} from '../../src/transfer/move-segment.js';
import type {Target} from '../../src/worker/targets.js';
import type {Place} from '../../src/worker/move-report.js';
import type {Attempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {placeOf, reportMove} from '../report-move.js';
import type {PlannedSegment, SegmentSource} from './move-plan.js';
import {journalled} from './outcome-pages.js';

export interface Move {
  readonly deps: ActivityDeps;
  readonly request: MoveRequest;
  readonly target: Target;
  readonly workspace: Workspace;
  readonly attempt: Attempt;
  /** The default store, as the outputs of this run go there. */
  readonly outputs: Store;
}

/** Moves one segment, taking up what earlier attempts have left. Answers with one outcome for each file. */
export async function movePlanned(move: Move, segment: PlannedSegment, index: number): Promise<readonly FileOutcome[]> {
  const {deps, request, attempt} = move;
  const {signal} = attempt;
  const {from, fromRoot, ...source} = await sourceOf(move, segment.from);
  const {to, toRoot, partials, ...destination} = destinationOf(move);
  if (request.direction === 'collect') await to.makeDirectory(partials, {mode: 0o700, signal});
  const {executionId, generation, direction} = request;
  const report = reportMove(deps, request, {
    operation: direction,
    source: source.place,
    destination: destination.place,
    files: segment.files,
  });
  return await journalled(
    deps.store,
    journalStageRoot(executionId, generation, direction),
    index,
    signal,
    report,
    async (log) => {
      const {outcomes} = await moveSegment({
        ...{from, fromRoot, to, toRoot, partials, files: segment.files, ...log},
        owner: `${executionId}/g${generation}/${direction}`,
        ifExists: 'keep',
        signal,
        isCurrent: attempt.isCurrent,
        before: attempt.before,
        onProgress: (progress, gained) => {
          report.progress(progress);
          // Bytes and files both count: a segment of empty files moves too.
          attempt.note({move: {...progress, direction}, progress: progress.bytesDone + progress.filesDone, gained});
        },
      });
      return outcomes;
    },
  );
}

/** Where the files of a direction go, for the pass over directories too. */
export function destinationOf({request, target, workspace, outputs}: Omit<Move, 'attempt'>): {
  readonly to: Store;
  readonly toRoot: StorePath;
  readonly partials: StorePath;
  /** `toRoot` as people know it. */
  readonly place: Place;
} {
  const {executionId, generation} = request;
  if (request.direction === 'collect') {
    const toRoot = outputsRoot(executionId, generation);
    return {to: outputs, toRoot, partials: partialsRoot(executionId), place: {name: 'store', directory: toRoot}};
  }
  const {work, staging} = workspacePaths(workspace);
  return {to: target.store, toRoot: work, partials: staging, place: onTarget(target, work)};
}

async function sourceOf(
  {deps, request, target, workspace, attempt}: Move,
  source: SegmentSource,
): Promise<{readonly from: Store; readonly fromRoot: StorePath; readonly place: Place}> {
  if (source === 'inputs') {
    const fromRoot = inputsRoot(request.executionId);
    return {from: deps.store, fromRoot, place: {name: 'store', directory: fromRoot}};
  }
  if (source === 'work') {
    const fromRoot = workspacePaths(workspace).work;
    return {from: target.store, fromRoot, place: onTarget(target, fromRoot)};
  }
  const {store} = await deps.targets.location(source.location, attempt.signal);
  return {from: store, fromRoot: '', place: placeOf(deps, source.location)};
}

function onTarget({name, workspaceRoot}: Target, path: StorePath): Place {
  return {name, directory: posix.join(workspaceRoot, path)};
}
