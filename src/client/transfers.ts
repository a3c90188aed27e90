import {setTimeout as delay} from 'node:timers/promises';
import {WorkflowExecutionAlreadyStartedError, type WorkflowExecutionDescription} from '@temporalio/client';
import type {TransferOutcome} from '../contracts/catalog.js';
import {hasCode, WaybillError} from '../contracts/errors.js';
import {STATE_QUERY, workflowNames} from '../contracts/names.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../contracts/timing.js';
import {noCounts, type TransferRequest, type TransferResult} from '../contracts/transfer.js';
import {COPY_AGAIN, type TransferState} from '../contracts/transfer-progress.js';
import type {CopyStart, TransferEvent, TransferHandle, TransferNow} from './api.js';
import {ask} from './catalog.js';
import type {Session} from './connect.js';
import {newExecutionId} from './execution-id.js';
import {transferResultIn, translate} from './failures.js';
import {requireWorker} from './require-worker.js';
import {pendingOf, summed} from './transfer-progress.js';

type Workflow = (request: TransferRequest) => Promise<TransferResult>;

/** Milliseconds between two questions to the server, and between two to the workflow itself, which cost more. */
const INTERVAL_MS = 500;
const STATE_INTERVAL_MS = 2_000;

export async function startTransfer(session: Session, options: CopyStart): Promise<TransferHandle> {
  const {id, taskQueue, ...request} = options;
  const first = request.sources[0] ?? '';
  const transferId = id ?? newExecutionId(request.label ?? 'copy', [first]);
  const more = request.sources.length > 1 ? ` and ${request.sources.length - 1} more` : '';
  const on = taskQueue === undefined ? session : {...session, taskQueue};
  try {
    await session.temporal.workflow.start<Workflow>(workflowNames.transfer, {
      workflowId: transferId,
      taskQueue: on.taskQueue,
      args: [{requestedBy: session.requestedBy, ...request}],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${request.label ?? `${first.slice(0, 60)}${more}`} → ${request.destination.slice(0, 60)}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw translateTransfer(error, transferId);
    throw new WaybillError('transfer.id-used', `the id ${transferId} was used before`, {
      path: transferId,
      cause: error,
    });
  }
  return new Transfer(on, transferId);
}

export class Transfer implements TransferHandle {
  private ended: Promise<TransferResult> | undefined;

  constructor(
    private readonly session: Session,
    readonly id: string,
  ) {}

  async result(signal?: AbortSignal): Promise<TransferResult> {
    this.ended ??= requireWorker(this.session, this.awaitEnd(), this.id);
    this.ended.catch(() => undefined);
    if (!signal) return await this.ended;
    const aborted = new Promise<never>((_, reject) => {
      const abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, {once: true});
    });
    return await Promise.race([this.ended, aborted]);
  }

  async *progress(signal?: AbortSignal): AsyncGenerator<TransferEvent> {
    const result = this.result(signal);
    const stop = new AbortController();
    const settle = () => stop.abort();
    result.then(settle, settle);
    const wake = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    let state: TransferState = {step: 'open', counts: noCounts};
    let askedAt = 0;
    const told = new Set<string>();
    while (!stop.signal.aborted) {
      signal?.throwIfAborted();
      const {moving, retrying} = await pendingOf(await this.describe(), this.session.payloads);
      for (const {activityId, attempt, reason} of retrying) {
        const key = `${activityId}/${attempt}`;
        if (told.has(key)) continue;
        told.add(key);
        yield {event: 'retrying', attempt, reason};
      }
      if (Date.now() - askedAt > STATE_INTERVAL_MS && (state.planned?.segments ?? 2) > 1) {
        askedAt = Date.now();
        // A worker that is just being started again answers later.
        state = await this.query().catch(() => state);
      }
      const progress = summed(state, moving);
      if (progress) yield {event: 'progress', step: state.step, progress};
      await delay(INTERVAL_MS, undefined, {signal: wake}).catch(() => undefined);
    }
    yield {event: 'ended', result: await result};
  }

  async state(): Promise<TransferNow> {
    const [state, description] = await Promise.all([this.query(), this.describe()]);
    const {moving, retrying} = await pendingOf(description, this.session.payloads);
    const progress = summed(state, moving);
    const [again] = retrying.map(({attempt, reason}) => ({attempt, reason}));
    const running = description.status.name === 'RUNNING';
    return {...state, running, ...(progress ? {progress} : {}), ...(again ? {retrying: again} : {})};
  }

  async *outcomes({failed = false}: {readonly failed?: boolean} = {}): AsyncGenerator<TransferOutcome> {
    for (let after: string | undefined; ; ) {
      const page = await ask(this.session, {
        ...{ask: 'outcomes', transferId: this.id, failed, limit: 1_000},
        ...(after === undefined ? {} : {after}),
      });
      yield* page.outcomes;
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  async cancel(): Promise<void> {
    try {
      await this.workflow().cancel();
    } catch (error) {
      throw translateTransfer(error, this.id);
    }
  }

  private async awaitEnd(): Promise<TransferResult> {
    try {
      return await this.workflow().result();
    } catch (error) {
      const result = transferResultIn(error);
      if (result) return result;
      const failure = translateTransfer(error, this.id);
      // Of a cancelled workflow Temporal keeps nothing; the workflow itself still answers.
      if (!hasCode(failure, 'execution.cancelled')) throw failure;
      const {result: told} = await this.query();
      if (told) return told;
      throw failure;
    }
  }

  private async query(): Promise<TransferState> {
    try {
      return await this.workflow().query<TransferState>(STATE_QUERY);
    } catch (error) {
      throw translateTransfer(error, this.id);
    }
  }

  private async describe(): Promise<WorkflowExecutionDescription> {
    try {
      return await this.workflow().describe();
    } catch (error) {
      throw translateTransfer(error, this.id);
    }
  }

  private workflow() {
    return this.session.temporal.workflow.getHandle<Workflow>(this.id);
  }
}

function translateTransfer(error: unknown, id: string): Error {
  const failure = translate(error, id);
  // A run is taken up by `waybill retry`, a copy by another one.
  if (hasCode(failure, 'execution.cancelled')) {
    return new WaybillError(failure.code, failure.message, {path: id, cause: error, remedy: COPY_AGAIN});
  }
  if (!hasCode(failure, 'execution.not-found')) return failure;
  return new WaybillError('transfer.not-found', `no transfer ${id} is known`, {path: id, cause: error});
}
