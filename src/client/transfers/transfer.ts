import type {WorkflowExecutionDescription} from '@temporalio/client';
import {unlessAborted} from '../../abort/on-abort.js';
import type {TransferOutcome} from '../../contracts/catalog.js';
import {STATE_QUERY} from '../../contracts/names.js';
import {noCounts, type TransferRequest, type TransferResult, transferResult} from '../../contracts/transfer.js';
import type {TransferState} from '../../contracts/transfer-progress.js';
import {KeptPromise} from '../../promises/kept-promise.js';
import type {TransferEvent, TransferHandle, TransferNow} from '../api.js';
import {awaitEnd} from '../await-end.js';
import {ask} from '../catalog.js';
import type {Session} from '../connect.js';
import {requireWorker} from '../require-worker.js';
import {rowsOf} from '../rows.js';
import {UntilSettled} from '../until-settled.js';
import {translateTransfer} from './failures.js';
import {pendingOf, summed} from './progress.js';

export type TransferWorkflow = (request: TransferRequest) => Promise<TransferResult>;

/** Milliseconds between two questions to the server, and between two to the workflow itself, which cost more. */
const INTERVAL_MS = 500;
const STATE_INTERVAL_MS = 2_000;

export class Transfer implements TransferHandle {
  private readonly ended = new KeptPromise<TransferResult>();

  constructor(
    private readonly session: Session,
    readonly id: string,
  ) {}

  async result(signal?: AbortSignal): Promise<TransferResult> {
    const result = this.ended.get(() => requireWorker(this.session, this.end(), this.id));
    return await unlessAborted(signal, result);
  }

  async *progress(signal?: AbortSignal): AsyncGenerator<TransferEvent> {
    const result = this.result(signal);
    const end = new UntilSettled(result, signal);
    let state: TransferState = {step: 'open', counts: noCounts};
    let askedAt = 0;
    const told = new Set<string>();
    while (end.waiting) {
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
      await end.pause(INTERVAL_MS);
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

  outcomes({failed = false}: {readonly failed?: boolean} = {}): AsyncIterable<TransferOutcome> {
    return rowsOf(
      async (page) => {
        const {outcomes: rows, next} = await ask(this.session, {ask: 'outcomes', transferId: this.id, failed, ...page});
        return {rows, next};
      },
      {perPage: 1_000},
    );
  }

  async cancel(): Promise<void> {
    try {
      await this.workflow().cancel();
    } catch (error) {
      throw translateTransfer(error, this.id);
    }
  }

  private end(): Promise<TransferResult> {
    return awaitEnd(this.workflow(), {
      result: transferResult,
      translated: (error) => translateTransfer(error, this.id),
      // A workflow that has ended still answers.
      recorded: async () => (await this.query()).result,
    });
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
    return this.session.temporal.workflow.getHandle<TransferWorkflow>(this.id);
  }
}
