import {inputsRoot, journalStageRoot, outputsRoot, partialsRoot} from '../../src/artifacts/keys.js';
import type {MoveRequest} from '../../src/contracts/activities.js';
import {type Workspace, workspacePaths} from '../../src/execution/workspace.js';
import type {Store, StorePath} from '../../src/stores/store.js';
import type {FileOutcome} from '../../src/transfer/file-outcome.js';
import {moveSegment} from '../../src/transfer/move-segment.js';
import type {Target} from '../../src/worker/targets.js';
import type {Attempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import type {PlannedSegment, SegmentSource} from './move-plan.js';
import {journalled} from './outcome-pages.js';

export interface Move {
  readonly deps: ActivityDeps;
  readonly request: MoveRequest;
  readonly target: Target;
  readonly workspace: Workspace;
  readonly attempt: Attempt;
}

/** Moves one segment, taking up what earlier attempts have left. Answers with one outcome for each file. */
export async function movePlanned(move: Move, segment: PlannedSegment, index: number): Promise<readonly FileOutcome[]> {
  const {deps, request, attempt} = move;
  const {signal} = attempt;
  const {from, fromRoot} = await sourceOf(move, segment.from);
  const {to, toRoot, partials} = destinationOf(move);
  if (request.direction === 'collect') await to.makeDirectory(partials, {mode: 0o700, signal});
  const {executionId, generation, direction} = request;
  return await journalled(
    deps.store,
    journalStageRoot(executionId, generation, direction),
    index,
    signal,
    async (log) => {
      const {outcomes} = await moveSegment({
        ...{from, fromRoot, to, toRoot, partials, files: segment.files, ...log},
        owner: `${executionId}/g${generation}/${direction}`,
        ifExists: 'keep',
        signal,
        isCurrent: attempt.isCurrent,
        onProgress: (progress) => {
          // Bytes and files both count: a segment of empty files moves too.
          attempt.note({move: {...progress, direction}, progress: progress.bytesDone + progress.filesDone});
        },
      });
      return outcomes;
    },
  );
}

/** Where the files of a direction go, for the pass over directories too. */
export function destinationOf({deps, request, target, workspace}: Omit<Move, 'attempt'>): {
  readonly to: Store;
  readonly toRoot: StorePath;
  readonly partials: StorePath;
} {
  const {executionId, generation} = request;
  if (request.direction === 'collect') {
    return {to: deps.store, toRoot: outputsRoot(executionId, generation), partials: partialsRoot(executionId)};
  }
  const paths = workspacePaths(workspace);
  return {to: target.store, toRoot: paths.work, partials: paths.staging};
}

async function sourceOf(
  {deps, request, target, workspace, attempt}: Move,
  source: SegmentSource,
): Promise<{readonly from: Store; readonly fromRoot: StorePath}> {
  if (source === 'inputs') return {from: deps.store, fromRoot: inputsRoot(request.executionId)};
  if (source === 'work') return {from: target.store, fromRoot: workspacePaths(workspace).work};
  const {store} = await deps.targets.location(source.location, attempt.signal);
  return {from: store, fromRoot: ''};
}
