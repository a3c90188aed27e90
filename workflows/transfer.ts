import {
  CancellationScope,
  CancelledFailure,
  ContinueAsNew,
  continueAsNew,
  defineQuery,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type {OpenedTransfer, TransferRef} from '../src/contracts/activities.js';
import {STATE_QUERY} from '../src/contracts/names.js';
import {originOf} from '../src/contracts/origin.js';
import {
  type TransferInput,
  transferInput,
  type TransferRequest,
  type TransferResult,
} from '../src/contracts/transfer.js';
import {
  addFiles,
  beginTransfer,
  concludeTransfer,
  neverBegun,
  segmentsAtOnce,
  stopsHere,
  type TransferProgress,
  type TransferState,
} from '../src/contracts/transfer-progress.js';
import {local, shortActivities, transferActivities} from './activity-options.js';
import {failureFrom, isCancelled, isFinal, report} from './failures.js';
import {parseInput} from './input.js';
import {countEnd, countStart} from './run-metrics.js';

export const transferStateQuery = defineQuery<TransferState>(STATE_QUERY);

/** What a run hands to the one that continues it. */
interface Continuation {
  readonly opened: OpenedTransfer;
  readonly progress: TransferProgress;
}

/** Copies files from locations to a location, and leaves nothing unfinished behind. */
export async function transfer(request: TransferRequest, continued?: Continuation): Promise<TransferResult> {
  const input = parseInput(transferInput, request);
  const run = new Transfer(input, continued);
  if (continued === undefined) countStart();
  setHandler(transferStateQuery, () => run.state());
  return await run.toTheEnd(request);
}

class Transfer {
  private progress: TransferProgress;
  private step: TransferState['step'] = 'open';
  private opened: OpenedTransfer | undefined;
  private result: TransferResult | undefined;
  /** Segments that were begun and are not counted yet. */
  private readonly underWay = new Set<number>();

  constructor(
    private readonly input: TransferInput,
    continued: Continuation | undefined,
  ) {
    this.opened = continued?.opened;
    this.progress = continued?.progress ?? beginTransfer(workflowInfo().workflowId, new Date().toISOString());
  }

  state(): TransferState {
    const {planned, done} = this.progress;
    return {
      step: this.step,
      ...(planned ? {planned: {entries: planned.entries, bytes: planned.bytes, segments: planned.segments}} : {}),
      counts: done.counts,
      ...(this.result ? {result: this.result} : {}),
    };
  }

  async toTheEnd(request: TransferRequest): Promise<TransferResult> {
    try {
      this.opened ??= await this.open();
      if (this.progress.planned === undefined) await this.plan(this.opened);
      if (this.progress.planned?.moved === undefined) {
        const all = await this.copySegments(this.opened);
        // Temporal asks the run that it finds to end, and not the one that continues it.
        if (!all && CancellationScope.current().consideredCancelled && patched('cancelled-while-continuing'))
          throw new CancelledFailure('cancelled on request');
        // In-flight activities would be dropped: nothing is under way here.
        if (!all) await continueAsNew<typeof transfer>(request, {opened: this.opened, progress: this.progress});
        await this.close(this.opened);
      }
    } catch (error) {
      if (isCancelled(error)) this.progress = {...this.progress, cancelled: true};
      else if (error instanceof ContinueAsNew) throw error;
      else this.progress = {...this.progress, failure: failureOf(error)};
    }
    if (this.opened) await this.cleanUp(this.opened);
    const result = concludeTransfer(this.progress, this.input.options.dryRun, new Date().toISOString());
    this.result = result;
    this.enter('ended', `${result.outcome}: ${result.failure?.message ?? `${result.counts.files} files`}`);
    const {outcome, failure, startedAt} = result;
    countEnd({outcome, code: failure?.code, startedAt: Date.parse(startedAt)});
    return report(result);
  }

  private async open(): Promise<OpenedTransfer> {
    const request = {transferId: this.progress.transferId, input: this.input};
    try {
      return await local.openTransfer(request);
    } catch (error) {
      if (isFinal(error) || isCancelled(error)) throw error;
      return await shortActivities('Open the transfer').openTransfer(request);
    }
  }

  private async plan({taskQueue}: OpenedTransfer): Promise<void> {
    this.enter('plan', 'Looking at what there is to copy');
    const {sources, destination} = this.input;
    const more = sources.length === 1 ? '' : ` and ${sources.length - 1} more`;
    const activities = transferActivities(taskQueue, `Plan ${short(sources[0])}${more} → ${short(destination)}`);
    // A plan of one segment is moved by the same activity.
    this.underWay.add(0);
    const planned = await activities.planTransfer({...this.ref(), sources});
    this.underWay.clear();
    this.progress = {...this.progress, planned};
    if (planned.moved) this.progress = addFiles(this.progress, planned.moved);
  }

  /** A sliding window over the segments. False where there are more than one run of the workflow takes. */
  private async copySegments({taskQueue, segmentsPerRun}: OpenedTransfer): Promise<boolean> {
    const segments = this.progress.planned?.segments ?? 0;
    const width = segmentsAtOnce(this.input, segments);
    const end = Math.min(segments, this.progress.nextSegment + segmentsPerRun);
    this.enter('copy', `Copying ${this.progress.planned?.entries ?? 0} entries in ${segments} segments`);
    const lane = async () => {
      while (this.progress.nextSegment < end && !stopsHere(this.progress, this.input)) {
        const segment = this.progress.nextSegment;
        this.progress = {...this.progress, nextSegment: segment + 1};
        await this.copyOne(taskQueue, segment, segments, width);
      }
    };
    // What a cancellation ends has to have ended before anything is cleaned up.
    const lanes = await Promise.allSettled(Array.from({length: width}, lane));
    for (const one of lanes) if (one.status === 'rejected') throw one.reason;
    return end === segments || stopsHere(this.progress, this.input);
  }

  private async copyOne(taskQueue: string, segment: number, of: number, width: number): Promise<void> {
    const activities = transferActivities(taskQueue, `Copy segment ${segment + 1} of ${of}`);
    this.underWay.add(segment);
    try {
      const files = await activities.copySegment({...this.ref(), segment, segmentsAtOnce: width});
      this.underWay.delete(segment);
      this.progress = addFiles(this.progress, files);
    } catch (error) {
      if (isCancelled(error)) throw error;
      const {code, message} = failureFrom(error, 'stage');
      const unsettled = {first: segment, end: segment + 1, code, message};
      this.progress = {...this.progress, unsettled: [...this.progress.unsettled, unsettled]};
    }
  }

  private async close({taskQueue}: OpenedTransfer): Promise<void> {
    this.enter('close', 'Giving directories their modes and times');
    const unsettled = [...this.progress.unsettled, ...neverBegun(this.progress)];
    const activities = transferActivities(taskQueue, 'Directories and what is left');
    this.progress = addFiles(this.progress, await activities.closeTransfer({...this.ref(), unsettled}));
    this.underWay.clear();
  }

  /** Also after a cancellation. Where it cannot be done, that does not change how the transfer ended. */
  private async cleanUp({taskQueue}: OpenedTransfer): Promise<void> {
    if (this.input.options.dryRun) return;
    await CancellationScope.nonCancellable(async () => {
      try {
        const interrupted = [...this.underWay];
        const activities = transferActivities(taskQueue, 'Remove what is unfinished');
        const arrived = await activities.cleanUpTransfer({...this.ref(), interrupted});
        // A worker of an earlier version does not answer.
        if (arrived) this.progress = addFiles(this.progress, arrived);
      } catch (error) {
        const {message} = failureFrom(error, 'finish');
        const planned = this.progress.planned;
        const warning = {name: this.input.destination, code: 'store.io', message: `not cleaned up: ${message}`};
        if (planned) {
          this.progress = {...this.progress, planned: {...planned, warnings: [...planned.warnings, warning]}};
        }
      }
    });
  }

  private ref(): TransferRef {
    const {transferId} = this.progress;
    const {destination, options} = this.input;
    return {transferId, destination, options, origin: originOf(this.input, transferId)};
  }

  private enter(step: TransferState['step'], details: string): void {
    this.step = step;
    setCurrentDetails(details);
  }
}

function failureOf(error: unknown): NonNullable<TransferResult['failure']> {
  const {code, message, remedy} = failureFrom(error, 'stage');
  return {code, message, ...(remedy === undefined ? {} : {remedy})};
}

function short(location: string | undefined): string {
  return (location ?? '').slice(0, 60);
}
