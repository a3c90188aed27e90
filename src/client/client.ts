import {WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError} from '@temporalio/client';
import type {OpenedExecution} from '../contracts/activities.js';
import type {ExecutionRecord} from '../contracts/artifacts.js';
import type {ArtifactSearch, FoundArtifact, TargetCheck, TargetSummary, UsageRow} from '../contracts/catalog.js';
import {hasCode, WaybillError} from '../contracts/errors.js';
import type {ExecutionRequest, ExecutionResult} from '../contracts/execution.js';
import {OPEN_UPDATE, workflowNames} from '../contracts/names.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../contracts/timing.js';
import type {
  CopyStart,
  ExecutionHandle,
  Found,
  StartOptions,
  StoreClient,
  TransferHandle,
  TransferSummary,
  WaybillClientApi,
} from './api.js';
import type {BatchHandle, BatchStart, BatchSummary} from './batch-api.js';
import {Batch} from './batches/batch.js';
import {listBatches} from './batches/list.js';
import {cutPages} from './batches/pages.js';
import {openBatch} from './batches/start.js';
import {ask} from './catalog.js';
import {type ConnectOptions, connect, type Session} from './connect.js';
import {Execution} from './execution.js';
import {newExecutionId} from './execution-id.js';
import {translate} from './failures.js';
import {findWorkflow} from './find-workflow.js';
import {carriedName} from './inputs/carried-name.js';
import {Places} from './places.js';
import {requireWorkerOrCancel} from './require-worker.js';
import {rowsOf} from './rows.js';
import {searchAttributesOf} from './search-attributes.js';
import {listTransfers} from './transfers/list.js';
import {startTransfer} from './transfers/start.js';
import {Transfer} from './transfers/transfer.js';

type Workflow = (request: ExecutionRequest) => Promise<ExecutionResult>;

/** What orchestrators and the CLI use: everything goes through Temporal. */
export class WaybillClient implements WaybillClientApi {
  private readonly handles = new Set<Execution | Batch>();
  private closing: Promise<void> | undefined;

  readonly places: StoreClient;

  private constructor(private readonly session: Session) {
    this.places = new Places(session);
  }

  /** Rejects with `client.unreachable` where Temporal does not answer. */
  static async connect(options: ConnectOptions = {}): Promise<WaybillClient> {
    return new WaybillClient(await connect(options));
  }

  /** Resolves when the execution is recorded, and its inputs, if there are any, are in the store. */
  async start(options: StartOptions): Promise<ExecutionHandle> {
    const {id, inputs = [], onUploadProgress, signal, taskQueue, ...request} = options;
    const executionId = id ?? newExecutionId(request.label, request.command);
    const session = taskQueue === undefined ? this.session : {...this.session, taskQueue};
    // Before anything is started, which would wait for inputs that never come.
    for (const {name, path} of inputs) carriedName(name, path);
    const opened = await this.open(session, executionId, {
      requestedBy: this.session.requestedBy,
      ...request,
      uploads: inputs.length > 0,
    });
    const handle = this.keep(
      new Execution(session, executionId, (of, again) => this.restart(session, of, again), opened.ticket),
    );
    if (inputs.length > 0) {
      await handle
        .sendInputs(inputs, {
          ...(signal ? {signal} : {}),
          ...(onUploadProgress ? {onProgress: onUploadProgress} : {}),
        })
        .catch((error: unknown) => this.giveUp(handle, error));
    }
    return handle;
  }

  execution(id: string): ExecutionHandle {
    return this.keep(new Execution(this.session, id, (of, request) => this.restart(this.session, of, request)));
  }

  async startBatch({id, files, inputs = [], taskQueue, signal, onOpen, onSent, ...request}: BatchStart) {
    const batchId = id ?? newExecutionId(request.label, request.execution.command);
    const session = taskQueue === undefined ? this.session : {...this.session, taskQueue};
    for (const {name, path} of [...inputs, ...files]) carriedName(name, path);
    const pages = cutPages(files).length;
    const opened = await openBatch(session, batchId, {
      ...{requestedBy: this.session.requestedBy, ...request},
      ...{items: files.length, pages},
    }).catch((error: unknown) => {
      throw translate(error, batchId);
    });
    const batch = this.keep(new Batch(session, batchId, opened.ticket));
    onOpen?.(batch);
    const options = {...(signal ? {signal} : {}), ...(onSent ? {onSent} : {})};
    await batch.sendFiles(files, inputs, options).catch((error: unknown) => this.giveUp(batch, error));
    return batch;
  }

  batch(id: string): BatchHandle {
    return this.keep(new Batch(this.session, id));
  }

  batches(options: {readonly limit?: number} = {}): AsyncIterable<BatchSummary> {
    return listBatches(this.session, options.limit);
  }

  list({
    limit,
    batch,
  }: {
    readonly limit?: number;
    readonly batch?: string | false;
  } = {}): AsyncIterable<ExecutionRecord> {
    return rowsOf(
      async (page) => {
        const question = {ask: 'executions', ...page, ...(batch === undefined ? {} : {batch})} as const;
        const {executions: rows, next} = await ask(this.session, question);
        return {rows, next};
      },
      {most: limit},
    );
  }

  artifacts({limit, ...search}: ArtifactSearch & {readonly limit?: number} = {}): AsyncIterable<FoundArtifact> {
    return rowsOf(
      async (page) => {
        const {artifacts: rows, next} = await ask(this.session, {ask: 'find-artifacts', ...search, ...page});
        return {rows, next};
      },
      {most: limit},
    );
  }

  async usage(): Promise<readonly UsageRow[]> {
    return (await ask(this.session, {ask: 'usage'})).usage;
  }

  copy(options: CopyStart): Promise<TransferHandle> {
    return startTransfer(this.session, options);
  }

  transfer(id: string): TransferHandle {
    return new Transfer(this.session, id);
  }

  find(id: string): Promise<Found | undefined> {
    return findWorkflow(this.session, id);
  }

  transfers(options: {readonly limit?: number} = {}): AsyncIterable<TransferSummary> {
    return listTransfers(this.session, options.limit);
  }

  async targets(): Promise<readonly TargetSummary[]> {
    return (await ask(this.session, {ask: 'targets'})).targets;
  }

  async checkTarget(name: string): Promise<readonly TargetCheck[]> {
    return (await ask(this.session, {ask: 'check-target', target: name})).checks;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    try {
      await Promise.all([...this.handles].map((handle) => handle.close()));
    } finally {
      await this.session.close();
    }
  }

  /** One call starts the workflow, takes the id and brings the ticket. */
  private async open(session: Session, executionId: string, request: ExecutionRequest): Promise<OpenedExecution> {
    const operation = new WithStartWorkflowOperation<Workflow>(workflowNames.execution, {
      ...workflowOptions(session, executionId, request),
      typedSearchAttributes: await searchAttributesOf(session, request),
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
    const update = session.temporal.workflow.executeUpdateWithStart<Workflow, OpenedExecution, []>(OPEN_UPDATE, {
      startWorkflowOperation: operation,
    });
    try {
      return await requireWorkerOrCancel(session, update, executionId);
    } catch (error) {
      throw startFailure(error, executionId);
    }
  }

  /** Inputs that will never come: the execution would wait a day for them. What may pass can be sent later. */
  private async giveUp(handle: Execution | Batch, error: unknown): Promise<never> {
    if (hasCode(error) && !error.retryable) await handle.cancel().catch(() => undefined);
    throw error;
  }

  private async restart(session: Session, executionId: string, request: ExecutionRequest): Promise<void> {
    try {
      await session.temporal.workflow.start<Workflow>(workflowNames.execution, {
        // Whoever asks for it again is who asks.
        ...workflowOptions(session, executionId, {...request, requestedBy: session.requestedBy}),
        typedSearchAttributes: await searchAttributesOf(session, request),
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      });
    } catch (error) {
      throw startFailure(error, executionId);
    }
  }

  private keep<H extends Execution | Batch>(handle: H): H {
    this.handles.add(handle);
    return handle;
  }
}

function workflowOptions(session: Session, executionId: string, request: ExecutionRequest) {
  const target = request.target ?? 'local';
  const args: [ExecutionRequest] = [request];
  return {
    workflowId: executionId,
    taskQueue: session.taskQueue,
    args,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    staticSummary: `${request.label ?? request.command.join(' ').slice(0, 120)} on ${target}`,
  };
}

function startFailure(error: unknown, executionId: string): Error {
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) return translate(error, executionId);
  return new WaybillError('execution.id-used', `the id ${executionId} was used before`, {
    path: executionId,
    cause: error,
  });
}
