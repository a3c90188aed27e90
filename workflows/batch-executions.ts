import {defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError} from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  sleep,
  startChild,
  TerminatedFailure,
} from '@temporalio/workflow';
import type {EndedItem, PlannedItem} from '../src/contracts/activities.js';
import {type BatchInput, type BatchOutcome, commandOf, itemId} from '../src/contracts/batch.js';
import {type BatchProgress, outcomeOf, outcomeWithout, type StartedItem} from '../src/contracts/batch-progress.js';
import {type ExecutionRequest, type ExecutionResult, executionResult} from '../src/contracts/execution.js';
import {searchAttributes, workflowNames} from '../src/contracts/names.js';
import {originOf} from '../src/contracts/origin.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../src/contracts/timing.js';
import {batchActivities} from './activity-options.js';
import {failureFrom, isCancelled} from './failures.js';

type Execution = (request: ExecutionRequest) => Promise<ExecutionResult>;
type Begun = Exclude<PlannedItem, {readonly begin: 'settled'}>;

/**
 * The executions that a batch has under way. They outlive the run of the batch that started them: the run that continues
 * it asks Temporal for their ends, since it is told of no child but its own.
 */
export class BatchExecutions {
  private readonly active = new Map<number, StartedItem>();
  /** Those of them that no child of this run is. */
  private readonly watched = new Map<number, StartedItem>();
  private watching = false;
  /** Children of which Temporal has not said yet that they were started. */
  starting = 0;

  constructor(
    private readonly input: BatchInput,
    private readonly progress: () => BatchProgress,
    private readonly onEnd: (outcome: BatchOutcome) => void,
  ) {}

  get running(): number {
    return this.active.size;
  }

  started(): readonly StartedItem[] {
    return [...this.active.values()];
  }

  /** The lowest index. */
  oldest(): number | undefined {
    return this.active.size === 0 ? undefined : Math.min(...this.active.keys());
  }

  begin(planned: Begun): void {
    const {index, input} = planned.item;
    const item = {index, input};
    this.active.set(index, item);
    void this.run(planned, item).then((outcome) => {
      if (outcome) this.end(item, outcome);
    });
  }

  /** Takes up executions that are no children of this run. */
  watch(items: readonly StartedItem[]): void {
    for (const item of items) {
      this.active.set(item.index, item);
      this.watched.set(item.index, item);
    }
    if (this.watching || this.watched.size === 0) return;
    this.watching = true;
    void CancellationScope.nonCancellable(() => this.awaitWatched());
  }

  /** The children of this run are asked by the cancellation itself. */
  async cancelWatched(): Promise<void> {
    const asked = [...this.watched.keys()].map((index) => getExternalWorkflowHandle(this.id(index)).cancel());
    // One that has ended meanwhile cannot be cancelled, and need not be.
    await Promise.allSettled(asked);
  }

  /** Undefined where it was found running, and is watched. */
  private async run(planned: Begun, item: StartedItem): Promise<BatchOutcome | undefined> {
    try {
      const child = await this.start(planned);
      return outcomeOf(this.progress(), item, await child.result());
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError && planned.begin === 'resume') {
        this.watch([item]);
        return undefined;
      }
      return this.failed(item, error);
    }
  }

  private async start(planned: Begun) {
    const {target} = this.input.execution;
    const {label} = this.input;
    const request = this.request(planned);
    this.starting += 1;
    try {
      return await startChild<Execution>(workflowNames.execution, {
        workflowId: this.id(planned.item.index),
        args: [request],
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
        workflowIdReusePolicy: this.progress().round === 1 ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `${request.label.slice(0, 100)} on ${target}`,
        typedSearchAttributes: [
          {key: defineSearchAttributeKey(searchAttributes.target, 'KEYWORD'), value: target},
          // No codec covers it: what nobody gave as a label, a path, does not stand there.
          ...(label === undefined
            ? []
            : [{key: defineSearchAttributeKey(searchAttributes.label, 'KEYWORD'), value: request.label}]),
        ].filter(({key}) => this.input.searchAttributes.includes(key.name)),
      });
    } finally {
      this.starting -= 1;
    }
  }

  private request(planned: Begun): ExecutionRequest & {readonly label: string} {
    const {execution, label} = this.input;
    const {input, name} = planned.item;
    const {batchId} = this.progress();
    return {
      ...execution,
      ...originOf(this.input, batchId),
      ...{batch: batchId, uploads: true, uploaded: true},
      command: commandOf(execution.command, name),
      label: labelOf(label, input),
      ...(planned.begin === 'resume' ? {resume: planned.resume} : {}),
    };
  }

  private async awaitWatched(): Promise<void> {
    while (this.watched.size > 0) {
      const {batchId, round} = this.progress();
      const items = [...this.watched.values()];
      try {
        const ended = await batchActivities(`Follow ${items.length} executions`).awaitExecutions({
          batchId,
          round,
          items,
        });
        for (const each of ended) this.end(each.item, this.outcomeOfEnd(each));
      } catch {
        // Nobody else tells how they end.
        await sleep('30s');
      }
    }
    this.watching = false;
  }

  private outcomeOfEnd(ended: EndedItem): BatchOutcome {
    const progress = this.progress();
    if (ended.end === 'result') return outcomeOf(progress, ended.item, ended.result);
    if (ended.end === 'cancelled') return outcomeWithout(progress, ended.item, 'cancelled', onRequest);
    return outcomeWithout(progress, ended.item, 'lost', {code: 'execution.lost', message: ended.message});
  }

  private end(item: StartedItem, outcome: BatchOutcome): void {
    this.active.delete(item.index);
    this.watched.delete(item.index);
    this.onEnd(outcome);
  }

  private failed(item: StartedItem, error: unknown): BatchOutcome {
    const progress = this.progress();
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      const message = `the id ${this.id(item.index)} was used before`;
      return outcomeWithout(progress, item, 'failed', {code: 'execution.id-used', message});
    }
    const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
    if (isCancelled(cause) || cause instanceof CancelledFailure) {
      return outcomeWithout(progress, item, 'cancelled', onRequest);
    }
    if (cause instanceof TerminatedFailure) {
      return outcomeWithout(progress, item, 'lost', {code: 'execution.lost', message: 'terminated in Temporal'});
    }
    const told = cause instanceof ApplicationFailure ? executionResult.safeParse(cause.details?.[0]) : undefined;
    if (told?.success === true) return outcomeOf(progress, item, told.data);
    return outcomeWithout(progress, item, 'failed', failureFrom(cause, 'open'));
  }

  private id(index: number): string {
    return itemId(this.progress().batchId, index);
  }
}

/** Cut between characters, since half of one is no text, and shorter than what a label may have. */
function labelOf(batch: string | undefined, input: string): string {
  const whole = batch === undefined ? input : `${batch}: ${input}`;
  return Array.from(whole).slice(0, 100).join('');
}

const onRequest = {code: 'execution.cancelled', message: 'cancelled on request'};
