import {transferRoot} from '../../src/artifacts/keys.js';
import type {TransferredFiles, TransferRef, WaybillActivities} from '../../src/contracts/activities.js';
import {NOTES_SHOWN} from '../../src/contracts/transfer.js';
import {joinStorePath} from '../../src/stores/paths.js';
import {copySegment as copyFiles} from '../../src/transfer/copy/copy-segment.js';
import {countsOf, failuresOf} from '../../src/transfer/copy/counts.js';
import {encodeManifest, manifestOf} from '../../src/transfer/journal-page.js';
import type {PlannedFile} from '../../src/transfer/planned-file.js';
import type {MoveReport} from '../../src/worker/move-report.js';
import {type Attempt, runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {journalled} from '../moves/outcome-pages.js';
import {placeOf, reportMove} from '../report-move.js';
import {destinationAt, retriesOf} from './places.js';
import {readPage, requireTransferPlan, type TransferPlan} from './transfer-plan.js';

type SegmentRequest = TransferRef & {readonly segment: number; readonly segmentsAtOnce: number};

/** Moves one segment of a plan that has several. */
export function copySegment(deps: ActivityDeps): WaybillActivities['copySegment'] {
  return (request) =>
    runAttempt(
      'move',
      deps.records,
      async (attempt) => {
        const {transferId, segment} = request;
        const plan = await requireTransferPlan(deps.store, transferId, attempt.signal);
        const files = await readPage(deps.store, transferId, plan, segment, attempt.signal);
        return await moveTransferSegment(deps, request, plan, files, attempt);
      },
      retriesOf(request.options),
    );
}

/** Moves a segment, taking up what earlier attempts have left, and writes its page of the manifest. */
export async function moveTransferSegment(
  deps: ActivityDeps,
  request: SegmentRequest,
  plan: TransferPlan,
  files: readonly PlannedFile[],
  attempt: Attempt,
): Promise<TransferredFiles> {
  const {transferId, segment, segmentsAtOnce, options} = request;
  const {signal} = attempt;
  const journal = transferRoot(transferId);
  const {to, toRoot, partials} = await destinationAt(deps.targets, request, plan.root, signal);
  const {store: from} = await deps.targets.location(plan.segments[segment]?.from ?? '', signal, options);
  await to.makeDirectory(partials, {mode: 0o700, signal});
  const report = reportSegment(deps, request, plan, segment, files);
  const outcomes = await journalled(deps.store, journal, segment, signal, report, (log) =>
    copyFiles({
      ...{from, to, toRoot, partials, files, options, segmentsAtOnce, signal, ...log},
      // Another owner has other unfinished files: nothing of an earlier attempt is found.
      owner: options.resume ? transferId : `${transferId}/${Date.now()}`,
      isCurrent: attempt.isCurrent,
      before: attempt.before,
      onProgress: (progress, gained) => {
        report.progress(progress);
        attempt.note({copy: progress, progress: progress.bytesDone + progress.filesDone, gained});
      },
    }),
  );
  const page = `manifest-${String(segment).padStart(6, '0')}.ndjson`;
  await deps.store.putObject(joinStorePath(journal, page), encodeManifest(manifestOf(files, outcomes)), {signal});
  return {counts: countsOf(outcomes), failures: failuresOf(outcomes).slice(0, NOTES_SHOWN)};
}

/** What is told of the files of a segment. Connects to nothing. */
export function reportSegment(
  deps: ActivityDeps,
  request: TransferRef,
  plan: TransferPlan,
  segment: number,
  files: readonly PlannedFile[],
): MoveReport {
  const source = placeOf(deps, plan.segments[segment]?.from ?? '');
  const destination = placeOf(deps, request.destination, plan.root);
  return reportMove(deps, request, {operation: 'copy', source, destination, files});
}
