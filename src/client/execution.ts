import type {WorkflowHandle} from '@temporalio/client';
import {unlessAborted} from '../abort/on-abort.js';
import type {Artifact, ExecutionRecord, Ticket} from '../contracts/artifacts.js';
import {
  type ExecutionRequest,
  type ExecutionResult,
  executionResult,
  type ExecutionState,
  type KeepFor,
} from '../contracts/execution.js';
import type {RetentionResult} from '../contracts/retention.js';
import {INPUTS_SENT_SIGNAL, STATE_QUERY} from '../contracts/names.js';
import {KeptPromise} from '../promises/kept-promise.js';
import type {
  DownloadedFile,
  DownloadOptions,
  ExecutionEvent,
  ExecutionHandle,
  Kept,
  LocalInput,
  LogChunk,
  LogOptions,
} from './api.js';
import {awaitEnd} from './await-end.js';
import {ask} from './catalog.js';
import type {Session} from './connect.js';
import {download} from './download.js';
import {translate} from './failures.js';
import {followLogs} from './follow-logs.js';
import {readLogs} from './logs.js';
import {followProgress} from './progress.js';
import {removeExecution} from './remove.js';
import {rowsOf} from './rows.js';
import {openTicketStore, type TicketStore} from './ticket-store.js';
import {type UploadOptions, upload} from './upload.js';

/** One execution: what can be asked of it, and done with it. */
export class Execution implements ExecutionHandle {
  private ended = new KeptPromise<ExecutionResult>();
  private last: ExecutionResult | undefined;
  private readonly opened = new KeptPromise<TicketStore>();

  constructor(
    private readonly session: Session,
    readonly id: string,
    /** Starts the workflow again, for `retry`. */
    private readonly restart: (id: string, request: ExecutionRequest) => Promise<void>,
    /** Of an execution that was started here: nothing has to be asked to follow it from its beginning. */
    private ticket?: Ticket,
  ) {}

  async result(signal?: AbortSignal): Promise<ExecutionResult> {
    const {ended} = this;
    const result = ended.get(async () => {
      const found = await this.end();
      if (this.ended === ended) this.last = found;
      return found;
    });
    return await unlessAborted(signal, result);
  }

  progress(signal?: AbortSignal): AsyncIterable<ExecutionEvent> {
    return followProgress(this.session, this.id, this.result(signal), signal);
  }

  async *logs(options: LogOptions = {}): AsyncGenerator<LogChunk> {
    const {store} = await this.store();
    const log = {store, executionId: this.id, generation: await this.generation(options)};
    if (options.follow !== true) yield* readLogs(log, options);
    else yield* followLogs(log, options, {result: this.result(), state: () => this.state()});
  }

  outputs(): AsyncIterable<Artifact> {
    return rowsOf(async (page) => {
      const question = {ask: 'artifacts', executionId: this.id, kind: 'output', ...page} as const;
      const {artifacts: rows, next} = await ask(this.session, question);
      return {rows, next};
    });
  }

  async download(options: DownloadOptions): Promise<readonly DownloadedFile[]> {
    return await download(await this.store(), this.id, this.outputs(), options);
  }

  async cancel(): Promise<void> {
    try {
      await this.workflow().cancel();
    } catch (error) {
      throw translate(error, this.id);
    }
  }

  async retry(): Promise<void> {
    const {request} = await ask(this.session, {ask: 'retry', executionId: this.id});
    await this.restart(this.id, request);
    this.ended = new KeptPromise();
    this.last = undefined;
    this.ticket = undefined;
  }

  async sendInputs(inputs: readonly LocalInput[], options: UploadOptions = {}): Promise<void> {
    await upload(await this.store(), this.id, inputs, options);
    try {
      await this.workflow().signal(INPUTS_SENT_SIGNAL);
    } catch (error) {
      throw translate(error, this.id);
    }
  }

  async record(): Promise<ExecutionRecord | undefined> {
    return (await ask(this.session, {ask: 'execution', executionId: this.id})).execution;
  }

  async keep(keepFor: KeepFor): Promise<Kept> {
    const {artifacts, expiresAt} = await ask(this.session, {ask: 'keep', executionId: this.id, keepFor});
    return {artifacts, ...(expiresAt === undefined ? {} : {expiresAt})};
  }

  remove(): Promise<RetentionResult> {
    return removeExecution(this.session, this.id);
  }

  async close(): Promise<void> {
    await (await this.opened.found())?.close();
  }

  /** The catalog learns of a rerun when it has ended: while it runs, the workflow knows. */
  private async generation({follow}: LogOptions): Promise<number> {
    if (this.last) return this.last.generation;
    if (this.ticket && follow === true) return 1;
    const record = await this.record();
    const running = record?.state === 'open' ? await this.state() : undefined;
    return running?.generation ?? record?.generation ?? 1;
  }

  private async state(): Promise<ExecutionState | undefined> {
    return await this.workflow()
      .query<ExecutionState>(STATE_QUERY)
      .catch(() => undefined);
  }

  private store(): Promise<TicketStore> {
    return this.opened.get(() => this.openStore());
  }

  private end(): Promise<ExecutionResult> {
    return awaitEnd(this.workflow(), {
      result: executionResult,
      translated: (error) => translate(error, this.id),
      recorded: async () => (await ask(this.session, {ask: 'execution', executionId: this.id})).result,
    });
  }

  private async openStore(): Promise<TicketStore> {
    const ticket =
      this.ticket ?? (await ask(this.session, {ask: 'ticket', executionId: this.id, access: 'read'})).ticket;
    return await openTicketStore(ticket, this.session, this.id);
  }

  private workflow(): WorkflowHandle<(request: ExecutionRequest) => Promise<ExecutionResult>> {
    return this.session.temporal.workflow.getHandle(this.id);
  }
}
