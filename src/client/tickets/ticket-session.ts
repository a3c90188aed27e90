import {randomUUID} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import {status} from '@grpc/grpc-js';
import {
  ApplicationFailure,
  isGrpcServiceError,
  ServiceError,
  type WorkflowHandle,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import {purposeOf} from '../../artifacts/tickets/purpose.js';
import type {Recipient} from '../../artifacts/tickets/seal.js';
import {CLOSE_SIGNAL, ISSUE_UPDATE, workflowNames} from '../../contracts/names.js';
import {
  type IssuedTickets,
  issuedTickets,
  type SealedTickets,
  type TicketBatch,
  type TicketSessionRequest,
} from '../../contracts/tickets.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../../contracts/timing.js';
import {KeptPromise} from '../../promises/kept-promise.js';
import type {Session} from '../connect.js';
import {translate} from '../failures.js';
import {requireWorker} from '../require-worker.js';

type Workflow = (request: TicketSessionRequest) => Promise<void>;

/** How often a session that ended under a batch is replaced before that is the batch's failure. */
const SESSIONS_PER_BATCH = 3;

/** Milliseconds that somebody who leaves waits for a session to be told so. */
const CLOSING_MS = 2_000;

/**
 * Asks for tickets through Temporal. The key pair is made here and never leaves the process; a session that ended is
 * replaced by another one, with the same key.
 */
export class TicketSession {
  readonly #session: Session;
  readonly #executionId: string;
  readonly #recipient = new KeptPromise<Recipient>();
  #opened: WorkflowHandle<Workflow> | undefined;
  /** The first batch opens the session: what comes meanwhile waits for it instead of opening more. */
  #opening: Promise<unknown> | undefined;

  readonly #batch: boolean;

  /** With `batch` the id is that of a batch, and tickets are for all of its executions. */
  constructor(session: Session, executionId: string, {batch = false}: {readonly batch?: boolean} = {}) {
    this.#session = session;
    this.#executionId = executionId;
    this.#batch = batch;
  }

  async issue(batch: TicketBatch): Promise<IssuedTickets> {
    const recipient = await this.#recipient.get(() => this.#newRecipient());
    try {
      const {sealed} = await requireWorker(this.#session, this.#sealed(batch, recipient.publicKey));
      return issuedTickets.parse(await recipient.open(sealed));
    } catch (error) {
      throw translate(error, this.#executionId);
    }
  }

  /** Without it the session would end by itself, minutes later. */
  async close(): Promise<void> {
    const closing = this.#sayClosed().catch(() => undefined);
    await Promise.race([closing, delay(CLOSING_MS, undefined, {ref: false})]);
  }

  async #sayClosed(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#opened?.signal(CLOSE_SIGNAL);
  }

  async #sealed(batch: TicketBatch, publicKey: string): Promise<SealedTickets> {
    for (let session = 1; ; session++) {
      // Looked at and set in one turn: two batches that come at once would open a session each.
      while (this.#opening !== undefined) await this.#opening.catch(() => undefined);
      const running = this.#opened;
      if (running === undefined) {
        const opening = this.#open(batch, publicKey);
        this.#opening = opening;
        try {
          return await opening;
        } finally {
          this.#opening = undefined;
        }
      }
      try {
        return await running.executeUpdate<SealedTickets, [TicketBatch]>(ISSUE_UPDATE, {args: [batch]});
      } catch (error) {
        if (!(hasEnded(error) || wasDropped(error)) || session === SESSIONS_PER_BATCH) throw error;
        if (this.#opened === running) this.#opened = undefined;
      }
    }
  }

  /** One call starts the workflow and brings the first tickets. */
  async #open(batch: TicketBatch, publicKey: string): Promise<SealedTickets> {
    const {temporal, taskQueue} = this.#session;
    const operation = new WithStartWorkflowOperation<Workflow>(workflowNames.tickets, {
      workflowId: `tickets-${this.#executionId}-${randomUUID()}`,
      taskQueue,
      args: [{executionId: this.#executionId, publicKey, ...(this.#batch ? {batch: true} : {})}],
      workflowIdConflictPolicy: 'FAIL',
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      workflowExecutionTimeout: '1 day',
      staticSummary: `Tickets for the files of ${this.#executionId}`,
    });
    const sealed = await temporal.workflow.executeUpdateWithStart<Workflow, SealedTickets, [TicketBatch]>(
      ISSUE_UPDATE,
      {args: [batch], startWorkflowOperation: operation},
    );
    this.#opened = await operation.workflowHandle();
    return sealed;
  }

  /** Loaded with the first ticket: a client whose store is a directory has no use for the cryptography. */
  async #newRecipient(): Promise<Recipient> {
    const {newRecipient} = await import('../../artifacts/tickets/seal.js');
    return await newRecipient(purposeOf(this.#executionId));
  }
}

/**
 * The worker of the session ended under the update: Temporal gives it up, and signing again costs nothing. What Temporal
 * does not answer was asked for minutes already.
 */
function wasDropped(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return false;
  return !isGrpcServiceError(error.cause) || error.cause.code !== status.UNAVAILABLE;
}

/** The session was full or idle, and ended before it took the batch up, or with it. */
function hasEnded(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError) return true;
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow';
}
