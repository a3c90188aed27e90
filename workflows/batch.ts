import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  ContinueAsNew,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type {OpenedBatch, PlannedItem} from '../src/contracts/activities.js';
import {
  type BatchInput,
  batchInput,
  type BatchMemo,
  type BatchOutcome,
  type BatchRequest,
  type BatchResult,
  type BatchState,
} from '../src/contracts/batch.js';
import {
  addOutcome,
  afterItem,
  type BatchProgress,
  beginBatch,
  concludeBatch,
  type StartedItem,
} from '../src/contracts/batch-progress.js';
import {BATCH_MEMO, OPEN_UPDATE, PAGES_SENT_SIGNAL, STATE_QUERY} from '../src/contracts/names.js';
import {batchActivities} from './activity-options.js';
import {BatchExecutions} from './batch-executions.js';
import {BatchOutcomes} from './batch-outcomes.js';
import {failureFrom, isCancelled, report} from './failures.js';
import {parseInput} from './input.js';

export const openBatchUpdate = defineUpdate<OpenedBatch>(OPEN_UPDATE);
export const pagesSentSignal = defineSignal<[{readonly pages: number}]>(PAGES_SENT_SIGNAL);
export const batchStateQuery = defineQuery<BatchState>(STATE_QUERY);

/** What a run hands to the one that continues it. */
interface Continuation {
  readonly opened: OpenedBatch;
  readonly progress: BatchProgress;
  /** Executions that go on meanwhile: at most as many as run at once. */
  readonly started: readonly StartedItem[];
}

/** One execution for each item, so many at once; what fails holds up nothing else. */
export async function batch(request: BatchRequest, continued?: Continuation): Promise<BatchResult> {
  const input = parseInput(batchInput, request);
  const run = new Batch(input, continued);
  setHandler(openBatchUpdate, () => run.open());
  setHandler(pagesSentSignal, ({pages}) => run.markSent(pages));
  setHandler(batchStateQuery, () => run.state());
  return await run.toTheEnd(request);
}

class Batch {
  private progress: BatchProgress;
  private opening: Promise<OpenedBatch> | undefined;
  private step: BatchState['step'] = 'open';
  private result: BatchResult | undefined;
  /** The items of the page that is under way. */
  private planned: readonly PlannedItem[] = [];
  private readonly executions: BatchExecutions;
  private readonly outcomes: BatchOutcomes;
  private begunHere = 0;

  constructor(
    private readonly input: BatchInput,
    continued: Continuation | undefined,
  ) {
    this.progress = continued?.progress ?? beginBatch(workflowInfo().workflowId, input, new Date().toISOString());
    if (continued) this.opening = Promise.resolve(continued.opened);
    const now = () => this.progress;
    this.outcomes = new BatchOutcomes(now, (outcomePages) => this.change({outcomePages}));
    this.executions = new BatchExecutions(input, now, (outcome) => this.settle(outcome));
    this.executions.watch(continued?.started ?? []);
  }

  /** Once, whoever asks first: the update of a client, or the workflow itself. */
  open(): Promise<OpenedBatch> {
    this.opening ??= this.openOnce();
    return this.opening;
  }

  markSent(pages: number): void {
    this.change({pagesSent: Math.max(this.progress.pagesSent, pages)});
  }

  state(): BatchState {
    const {counts, outcomePages, pages, pagesSent, round} = this.progress;
    return {
      ...{step: this.step, counts, running: this.executions.running, pages, pagesSent, round, outcomePages},
      recent: this.outcomes.unwritten(),
      ...(this.result ? {result: this.result} : {}),
    };
  }

  async toTheEnd(request: BatchRequest): Promise<BatchResult> {
    let opened: OpenedBatch | undefined;
    let oldestRunning: number | undefined;
    const scope = CancellationScope.current();
    try {
      opened = await this.open();
      this.step = 'run';
      if (!(await this.work())) {
        // An execution whose start is under way would be lost; one that runs is told to the next run.
        await condition(() => this.executions.starting === 0 && allHandlersFinished());
        // More end meanwhile, and the next run would not hear of them.
        while (this.outcomes.unwritten().length > 0) await this.outcomes.flush();
        // No cancellation interrupts that, and the next run would not hear of it either.
        if (scope.consideredCancelled && patched('cancelled-while-writing')) throw new CancelledFailure('cancelled');
        const {progress} = this;
        await continueAsNew<typeof batch>(request, {opened, progress, started: this.executions.started()});
      }
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      oldestRunning = this.executions.oldest();
      if (isCancelled(error)) this.change({cancelled: true});
      else this.change({failure: failureOf(error)});
    }
    const result = await CancellationScope.nonCancellable(async () => {
      if (!this.progress.cancelled) void scope.cancelRequested.catch(() => this.cancelEarlier());
      return await this.finish(opened !== undefined, oldestRunning);
    });
    return report(result);
  }

  private async openOnce(): Promise<OpenedBatch> {
    const {batchId} = this.progress;
    const runId = workflowInfo().firstExecutionRunId;
    const opened = await batchActivities('Open the batch').openBatch({batchId, runId, input: this.input});
    const {counts, pages, round} = opened;
    this.change({counts, pages, round});
    this.markSent(opened.pagesSent);
    this.remember();
    return opened;
  }

  /** True where everything has ended, false where another run of the workflow is to go on. */
  private async work(): Promise<boolean> {
    for (let next = await this.nextItem(); next !== undefined; next = await this.nextItem()) {
      await condition(() => this.executions.running < this.input.parallel);
      if (this.begunHere >= this.input.executionsPerRun || workflowInfo().continueAsNewSuggested) return false;
      this.begunHere += 1;
      this.progress = afterItem(this.progress, this.planned.length);
      if (next.begin === 'settled') this.settle(next.outcome);
      else this.executions.begin(next);
    }
    await condition(() => this.executions.running === 0);
    return true;
  }

  /** Undefined after the last one. Rejects where the caller has stopped to send them. */
  private async nextItem(): Promise<PlannedItem | undefined> {
    for (;;) {
      const {page, pages, offset} = this.progress;
      if (page >= pages) return undefined;
      // Also where another run has begun the page.
      if (offset === 0 || this.planned.length === 0) await this.readPage(page);
      const next = this.planned[offset];
      if (next !== undefined) return next;
      this.change({page: page + 1, offset: 0});
    }
  }

  private async readPage(page: number): Promise<void> {
    const {batchId, pages, round} = this.progress;
    const {uploadDeadlineMs} = this.input;
    if (this.progress.pagesSent <= page && !(await condition(() => this.progress.pagesSent > page, uploadDeadlineMs))) {
      throw ApplicationFailure.nonRetryable(
        `no further inputs had arrived after ${uploadDeadlineMs / 1000} s`,
        'execution.inputs-missing',
      );
    }
    const activities = batchActivities(`Read page ${page + 1} of ${pages}`);
    this.planned = await activities.readBatchPage({batchId, round, page});
    this.tell();
  }

  private settle(outcome: BatchOutcome): void {
    this.progress = addOutcome(this.progress, outcome);
    this.outcomes.add(outcome);
  }

  /** Ends when everything that was started has ended, also where the batch was cancelled or failed. */
  private async finish(opened: boolean, oldestRunning: number | undefined): Promise<BatchResult> {
    if (this.progress.cancelled) await this.executions.cancelWatched();
    await condition(() => this.executions.running === 0);
    await this.outcomes.flush();
    const result = concludeBatch(this.progress, new Date().toISOString());
    this.result = result;
    this.step = 'ended';
    this.tell();
    if (!opened) return result;
    this.remember();
    const {batchId, begun, round} = this.progress;
    const {items} = this.input;
    // Those of a later round have had their executions.
    const never = round > 1 ? {first: items, end: items} : {first: Math.min(oldestRunning ?? begun, begun), end: items};
    await batchActivities('Keep the result').closeBatch({batchId, round, result, never});
    return result;
  }

  /** A cancellation that comes when the batch has failed already, and waits for what it has started. */
  private async cancelEarlier(): Promise<void> {
    if (this.executions.running > 0 && patched('cancelled-while-ending')) await this.executions.cancelWatched();
  }

  private change(change: Partial<BatchProgress>): void {
    this.progress = {...this.progress, ...change};
  }

  /** For the Temporal UI. */
  private tell(): void {
    const {items, succeeded, failed, cancelled} = this.progress.counts;
    setCurrentDetails(`${succeeded} of ${items} succeeded, ${failed} failed, ${cancelled} were cancelled`);
  }

  /** For lists of batches. */
  private remember(): void {
    const {label, execution} = this.input;
    const shown: BatchMemo = {
      label: (label ?? execution.command.join(' ')).slice(0, 120),
      target: execution.target,
      counts: this.progress.counts,
    };
    upsertMemo({[BATCH_MEMO]: shown});
  }
}

function failureOf(error: unknown): NonNullable<BatchResult['failure']> {
  const {code, message, remedy} = failureFrom(error, 'open');
  return {code, message, ...(remedy === undefined ? {} : {remedy})};
}
