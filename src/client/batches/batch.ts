import {join, resolve} from 'node:path';
import type {WorkflowHandle} from '@temporalio/client';
import {unlessAborted} from '../../abort/on-abort.js';
import type {OpenedBatch} from '../../contracts/activities.js';
import type {Artifact, Ticket} from '../../contracts/artifacts.js';
import {
  type BatchOutcome,
  type BatchRecord,
  type BatchResult,
  batchResult,
  type BatchState,
} from '../../contracts/batch.js';
import {mergeRounds} from '../../contracts/batch-progress.js';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import {OPEN_UPDATE, PAGES_SENT_SIGNAL, STATE_QUERY} from '../../contracts/names.js';
import {KeptPromise} from '../../promises/kept-promise.js';
import {inParallel} from '../../stores/in-parallel.js';
import type {DownloadOptions, LocalInput} from '../api.js';
import type {BatchDownload, BatchEvent, BatchFile, BatchHandle, RetriedBatch, SendOptions} from '../batch-api.js';
import {awaitEnd} from '../await-end.js';
import {ask} from '../catalog.js';
import type {Session} from '../connect.js';
import {download} from '../download.js';
import {translate} from '../failures.js';
import {requireWorker} from '../require-worker.js';
import {rowsOf} from '../rows.js';
import {openTicketStore, type TicketStore} from '../ticket-store.js';
import {followBatch} from './follow.js';
import {sendFiles} from './send.js';
import {type BatchWorkflow, openBatch} from './start.js';

/** Executions whose files one question to the catalog is about. */
const ASKED_AT_ONCE = 50;
/** Executions whose outputs are fetched at once. */
const FETCHED_AT_ONCE = 4;

export class Batch implements BatchHandle {
  private ended = new KeptPromise<BatchResult>();
  private readonly opened = new KeptPromise<TicketStore>();

  constructor(
    private readonly session: Session,
    readonly id: string,
    /** Of a batch that was started here. */
    private ticket?: Ticket,
  ) {}

  async result(signal?: AbortSignal): Promise<BatchResult> {
    const result = this.ended.get(() => requireWorker(this.session, this.end(), this.id));
    return await unlessAborted(signal, result);
  }

  async state(): Promise<BatchState> {
    try {
      return await this.workflow().query<BatchState>(STATE_QUERY);
    } catch (error) {
      throw this.translated(error);
    }
  }

  async record(): Promise<BatchRecord | undefined> {
    return (await ask(this.session, {ask: 'batch', batchId: this.id})).batch;
  }

  progress(signal?: AbortSignal): AsyncIterable<BatchEvent> {
    return followBatch(
      {
        result: this.result(signal),
        state: () => this.state(),
        outcomesSince: (after) => this.outcomesSince(after),
      },
      signal,
    );
  }

  async outcomes(): Promise<readonly BatchOutcome[]> {
    const all: BatchOutcome[] = [];
    for (let after: string | undefined; ; ) {
      const {outcomes, next} = await this.outcomesSince(after);
      all.push(...outcomes);
      if (outcomes.length === 0) break;
      after = next;
    }
    // What is in no page yet only the workflow knows.
    const {recent = []} = (await this.state().catch(() => undefined)) ?? {};
    return [...mergeRounds([...all, ...recent]).values()].sort((one, other) => one.index - other.index);
  }

  async download(outcomes: readonly BatchOutcome[], options: DownloadOptions): Promise<readonly BatchDownload[]> {
    const wanted = outcomes.filter(({files, directories = 0}) => files + directories > 0);
    const done: BatchDownload[] = [];
    for (let at = 0; at < wanted.length; at += ASKED_AT_ONCE) {
      const some = wanted.slice(at, at + ASKED_AT_ONCE);
      const store = await this.store(some[0]?.id);
      const files = await this.outputsOf(some.map(({id}) => id));
      await inParallel(some, FETCHED_AT_ONCE, async (outcome) => {
        const into = join(resolve(options.into), outcome.input);
        const own = each(files.get(outcome.id) ?? []);
        done.push({outcome, into, files: await download(store, outcome.id, own, {...options, into})});
      });
    }
    return done;
  }

  async sendFiles(
    files: readonly BatchFile[],
    inputs: readonly LocalInput[],
    options: SendOptions = {},
  ): Promise<void> {
    const store = await this.store();
    const pagesSent = this.ticket === undefined ? 0 : (await this.state()).pagesSent;
    await sendFiles(store, files, inputs, {
      ...options,
      batchId: this.id,
      pagesSent,
      announce: async (pages) => {
        try {
          await this.workflow().signal(PAGES_SENT_SIGNAL, {pages});
        } catch (error) {
          throw this.translated(error);
        }
      },
    });
  }

  async retryFailed(): Promise<RetriedBatch> {
    const record = await this.record();
    if (record === undefined) throw this.notFound();
    const {input, result, round} = record;
    if (result?.outcome === 'succeeded') return {round, items: 0};
    try {
      const {requestedBy} = this.session;
      const opened = await openBatch(this.session, this.id, {...input, requestedBy, retry: true});
      this.ended = new KeptPromise();
      return {round: opened.round, items: input.items - opened.counts.succeeded};
    } catch (error) {
      if (!hasCode(error, 'execution.id-used')) throw this.translated(error);
      const state = await this.state();
      if (state.round > 1) return {round: state.round, items: state.counts.items - state.counts.succeeded};
      throw new WaybillError('execution.open', `${this.id} runs`, {path: this.id, cause: error});
    }
  }

  async cancel(): Promise<void> {
    try {
      await this.workflow().cancel();
    } catch (error) {
      throw this.translated(error);
    }
  }

  async close(): Promise<void> {
    await (await this.opened.found())?.close();
  }

  private outcomesSince(after: string | undefined) {
    return ask(this.session, {
      ...{ask: 'batch-outcomes', batchId: this.id, limit: 1000},
      ...(after === undefined ? {} : {after}),
    });
  }

  private async outputsOf(executionIds: string[]): Promise<ReadonlyMap<string, readonly Artifact[]>> {
    const found = new Map<string, Artifact[]>(executionIds.map((id) => [id, []]));
    const outputs = rowsOf(async (page) => {
      const question = {ask: 'find-artifacts', executionIds, kind: 'output', ...page} as const;
      const {artifacts: rows, next} = await ask(this.session, question);
      return {rows, next};
    });
    for await (const artifact of outputs) found.get(artifact.executionId)?.push(artifact);
    return found;
  }

  /** A batch that runs gives its ticket; of one that has ended any execution's is the same. */
  private store(executionId?: string): Promise<TicketStore> {
    return this.opened.get(() => this.openStore(executionId));
  }

  private async openStore(executionId: string | undefined): Promise<TicketStore> {
    this.ticket ??=
      executionId === undefined
        ? await this.ticketOfBatch()
        : (await ask(this.session, {ask: 'ticket', executionId, access: 'read'})).ticket;
    return await openTicketStore(this.ticket, this.session, this.id, {batch: true});
  }

  private async ticketOfBatch(): Promise<Ticket> {
    try {
      return (await this.workflow().executeUpdate<OpenedBatch, []>(OPEN_UPDATE)).ticket;
    } catch (error) {
      throw this.translated(error);
    }
  }

  private end(): Promise<BatchResult> {
    return awaitEnd(this.workflow(), {
      result: batchResult,
      translated: (error) => this.translated(error),
      recorded: async () => (await this.record())?.result,
    });
  }

  private translated(error: unknown): Error {
    const failure = translate(error, this.id);
    return hasCode(failure, 'execution.not-found') ? this.notFound(error) : failure;
  }

  private notFound(cause?: unknown): WaybillError {
    return new WaybillError('batch.not-found', `no batch ${this.id} is known, or it has ended`, {path: this.id, cause});
  }

  private workflow(): WorkflowHandle<BatchWorkflow> {
    return this.session.temporal.workflow.getHandle<BatchWorkflow>(this.id);
  }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
