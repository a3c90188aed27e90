import {transferRoot} from '../../src/artifacts/keys.js';
import type {
  TransferredFiles,
  TransferRef,
  UnsettledSegments,
  WaybillActivities,
} from '../../src/contracts/activities.js';
import {addCounts, noCounts, NOTES_SHOWN, type TransferNote} from '../../src/contracts/transfer.js';
import {countsOf, failuresOf} from '../../src/transfer/copy/counts.js';
import type {FailedOutcome} from '../../src/transfer/file-outcome.js';
import {finishDirectories} from '../../src/transfer/finish-directories.js';
import type {PlannedFile} from '../../src/transfer/planned-file.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {readOutcomes, writeUnsettled} from '../moves/outcome-pages.js';
import {reportSegment} from './copy-segment.js';
import {destinationAt, retriesOf} from './places.js';
import {readPage, requireTransferPlan, type TransferPlan} from './transfer-plan.js';

/**
 * Ends a transfer of several segments. Where a segment has given up, what it had settled is taken from the journal and
 * the rest of its files failed for its reason; the destination, which may not answer, is then left as it is.
 */
export function closeTransfer(deps: ActivityDeps): WaybillActivities['closeTransfer'] {
  return (request) =>
    runAttempt(
      'move',
      deps.records,
      async ({signal}) => {
        const plan = await requireTransferPlan(deps.store, request.transferId, signal);
        if (request.unsettled.length === 0) {
          const directories = await plannedDirectories(deps, request, plan, signal);
          await closeDirectories(deps, request, plan, directories, signal);
        }
        let counts = noCounts;
        const failures: TransferNote[] = [];
        for (const segments of request.unsettled) {
          for (let segment = segments.first; segment < segments.end; segment++) {
            const settled = await settle(deps, request, plan, segment, segments, signal);
            counts = addCounts(counts, settled.counts);
            failures.push(...settled.failures.slice(0, NOTES_SHOWN - failures.length));
          }
        }
        return {counts, failures};
      },
      retriesOf(request.options),
    );
}

/** Modes and times of directories, when everything in them is there. */
export async function closeDirectories(
  deps: ActivityDeps,
  ref: TransferRef,
  plan: TransferPlan,
  directories: readonly PlannedFile[],
  signal: AbortSignal,
): Promise<void> {
  const {to, toRoot} = await destinationAt(deps.targets, ref, plan.root, signal);
  await finishDirectories({to, toRoot, directories, signal});
}

export function directoriesIn(files: readonly PlannedFile[]): readonly PlannedFile[] {
  return files.filter(({kind}) => kind === 'directory');
}

async function plannedDirectories(
  deps: ActivityDeps,
  {transferId}: TransferRef,
  plan: TransferPlan,
  signal: AbortSignal,
): Promise<readonly PlannedFile[]> {
  const directories: PlannedFile[] = [];
  for (const [segment, {directories: some}] of plan.segments.entries()) {
    if (some) directories.push(...directoriesIn(await readPage(deps.store, transferId, plan, segment, signal)));
  }
  return directories;
}

/** Its failures count here, since no attempt on the segment came to an end. */
async function settle(
  deps: ActivityDeps,
  request: TransferRef,
  plan: TransferPlan,
  segment: number,
  {code, message}: UnsettledSegments,
  signal: AbortSignal,
): Promise<TransferredFiles> {
  const {transferId} = request;
  const files = await readPage(deps.store, transferId, plan, segment, signal);
  const known = await readOutcomes(deps.store, transferRoot(transferId), segment, signal);
  const byName = new Map(known.map((outcome) => [outcome.name, outcome]));
  const left = files
    .filter(({name}) => !byName.has(name))
    .map(
      ({name, kind, size}): FailedOutcome => ({
        outcome: 'failed',
        ...{name, kind, size, code, message, retryable: false, sentBytes: 0, durationMs: 0},
      }),
    );
  const report = reportSegment(deps, request, plan, segment, files);
  for (const outcome of left) report.settled(outcome);
  const outcomes = [...known, ...left];
  report.kept(outcomes.filter(({outcome}) => outcome === 'failed'));
  await writeUnsettled(deps.store, transferRoot(transferId), segment, left);
  return {counts: countsOf(outcomes), failures: failuresOf(outcomes)};
}
