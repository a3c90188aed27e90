import type {PlannedTransfer, TransferRef, WaybillActivities} from '../../src/contracts/activities.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {addCounts, noCounts, NOTES_SHOWN} from '../../src/contracts/transfer.js';
import {Comparison} from '../../src/transfer/copy/comparison.js';
import {countsOf, isLeftOut, noteOf} from '../../src/transfer/copy/counts.js';
import {keptThere} from '../../src/transfer/copy/overwrite.js';
import {planCopy} from '../../src/transfer/copy/plan.js';
import {requireRoom} from '../../src/transfer/copy/room.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../../src/stores/in-parallel.js';
import type {PlannedFile, RefusedEntry} from '../../src/transfer/planned-file.js';
import {cutSegments} from '../../src/transfer/segments.js';
import {copyPlace} from '../../src/worker/copy-place.js';
import {type Attempt, runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {placeOf, reportMove} from '../report-move.js';
import {claimDestination} from './claim-destination.js';
import {closeDirectories, directoriesIn} from './close-transfer.js';
import {moveTransferSegment} from './copy-segment.js';
import {destinationAt, retriesOf} from './places.js';
import {PlanWriter, readPage, readRefused, readTransferPlan, type TransferPlan} from './transfer-plan.js';

/** Bytes of a segment: so many that an activity is worth its events, so few that several share a tree. */
const SEGMENT_BYTES = 64 * 1024 ** 3;

/** Plans a transfer, or finds its plan. What fits into one segment, as most transfers do, is moved and closed as well. */
export function planTransfer(deps: ActivityDeps): WaybillActivities['planTransfer'] {
  return (request) =>
    runAttempt(
      'move',
      deps.records,
      async (attempt) => {
        const {transferId} = request;
        const {signal} = attempt;
        const plan =
          (await readTransferPlan(deps.store, transferId, signal)) ?? (await makePlan(deps, request, attempt));
        const refused = await readRefused(deps.store, transferId, plan, signal);
        const lost = refused.filter((entry) => !isLeftOut(entry)).map(noteOf);
        const leftOut = refused.filter(isLeftOut);
        const planned: PlannedTransfer = {
          segments: plan.segments.length,
          entries: plan.entries,
          bytes: plan.bytes,
          leftOut: leftOut.length,
          warnings: leftOut.slice(0, NOTES_SHOWN).map(noteOf),
          lost: {counts: {...noCounts, failed: lost.length}, failures: lost.slice(0, NOTES_SHOWN)},
        };
        if (request.options.dryRun) return {...planned, moved: await decideOnly(deps, request, plan, signal)};
        if (plan.segments.length > 1) return planned;
        if (plan.segments.length === 0) return {...planned, moved: {counts: noCounts, failures: []}};
        const files = await readPage(deps.store, transferId, plan, 0, signal);
        const moved = await moveTransferSegment(
          deps,
          {...request, segment: 0, segmentsAtOnce: 1},
          plan,
          files,
          attempt,
        );
        await closeDirectories(deps, request, plan, directoriesIn(files), signal);
        return {...planned, moved};
      },
      retriesOf(request.options),
    );
}

async function makePlan(
  deps: ActivityDeps,
  request: TransferRef & {readonly sources: readonly string[]},
  attempt: Attempt,
): Promise<TransferPlan> {
  const {transferId, options} = request;
  const {signal} = attempt;
  const places = [];
  for (const location of request.sources)
    places.push({location, ...(await copyPlace(deps.targets, location, signal, options))});
  const destination = await copyPlace(deps.targets, request.destination, signal, options);
  const plan = await planCopy({sources: places, destination, options, signal});
  if (!options.dryRun) await claimDestination(deps, request, plan, signal);
  const writer = new PlanWriter(deps.store, transferId, signal);
  const refused: RefusedEntry[] = [];
  let entries = 0;
  const {maxBytes} = deps.transfer;
  let bytes = 0;
  const taken = async function* (found: AsyncIterable<PlannedFile | RefusedEntry>): AsyncGenerator<PlannedFile> {
    for await (const entry of found) {
      if ('refused' in entry) refused.push(entry);
      else {
        entries += 1;
        bytes += entry.size;
        if (maxBytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes, bytes);
        attempt.note({copy: planning(entries)});
        yield entry;
      }
    }
  };
  const limits = {maxFiles: deps.transfer.segmentFiles, maxBytes: SEGMENT_BYTES};
  for (const group of plan.groups) {
    const from = places.find(({key}) => key === group.key)?.location ?? '';
    for await (const files of cutSegments(taken(group.entries), limits)) await writer.add(from, files);
  }
  const {root} = plan.destination;
  if (options.dryRun) return await writer.finish(root, refused);
  // A plan that is finished is one that fits: whoever finds it goes on.
  await prepare(deps, request, writer.head(root, refused), signal);
  const made = await writer.finish(root, refused);
  reportLost(deps, request, made, refused);
  return made;
}

function tooLarge(maxBytes: number, found: number): WaybillError {
  const message = `the copy has more than ${maxBytes} bytes, which is what the worker allows`;
  return new WaybillError('transfer.too-large', message, {expected: maxBytes, found});
}

/** Names that cannot be carried never reach a segment: told once, with the plan. */
function reportLost(
  deps: ActivityDeps,
  request: TransferRef & {readonly sources: readonly string[]},
  {root}: TransferPlan,
  refused: readonly RefusedEntry[],
): void {
  const lost = refused.filter((entry) => !isLeftOut(entry));
  // Which of several sources had the name is not in the plan.
  const source = placeOf(deps, request.sources[0] ?? '');
  const destination = placeOf(deps, request.destination, root);
  reportMove(deps, request, {operation: 'copy', source, destination, files: []}).refused(lost);
}

function planning(entries: number) {
  return {filesDone: 0, filesTotal: entries, bytesDone: 0, bytesTotal: 0, rate: 0, resumedBytes: 0, sentBytes: 0};
}

/** The destination has to be there, and to have room, before the first byte is sent. */
async function prepare(deps: ActivityDeps, ref: TransferRef, plan: TransferPlan, signal: AbortSignal): Promise<void> {
  const {to, toRoot, partials} = await destinationAt(deps.targets, ref, plan.root, signal);
  await to.makeDirectory(toRoot, {signal});
  const pages = async function* () {
    for (const segment of plan.segments.keys()) yield await readPage(deps.store, ref.transferId, plan, segment, signal);
  };
  const {bytes} = plan;
  await requireRoom({to, toRoot, partials, bytes, files: pages, options: ref.options}, signal);
}

async function decideOnly(deps: ActivityDeps, ref: TransferRef, plan: TransferPlan, signal: AbortSignal) {
  const {options, transferId} = ref;
  const {to, toRoot} = await destinationAt(deps.targets, ref, plan.root, signal);
  let counts = noCounts;
  for (const [segment, {from: location}] of plan.segments.entries()) {
    const from = (await deps.targets.location(location, signal, options)).store;
    const comparison = new Comparison(from, to, toRoot);
    await inParallel(await readPage(deps.store, transferId, plan, segment, signal), QUESTIONS_AT_ONCE, async (file) => {
      const kept = await keptThere({from, to, toRoot, file, options, comparison, signal});
      const planned = {...noCounts, entries: 1, files: file.kind === 'file' ? 1 : 0, bytes: file.size};
      counts = addCounts(counts, kept === undefined ? planned : countsOf([kept]));
    });
  }
  return {counts, failures: []};
}
