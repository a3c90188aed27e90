import {CancelledFailure, Context} from '@temporalio/activity';
import {ApplicationFailure} from '@temporalio/common';
import {
  type Checkpoint,
  type CopyProgress,
  decideAttempt,
  isCheckpoint,
  type MoveProgress,
  type RunProgress,
  retryDelay,
} from '../src/contracts/checkpoint.js';
import {errorFacts} from '../src/contracts/error-codes.js';
import {hasCode, isWaybillError, toError, WaybillError} from '../src/contracts/errors.js';
import {HEARTBEAT_INTERVAL_MS, HEARTBEAT_TIMEOUT_MS} from '../src/contracts/timing.js';
import {failedBefore} from '../src/transfer/attempts.js';
import type {FailedBefore} from '../src/transfer/move-segment.js';
import type {TaskRecords} from '../src/worker/task-records.js';

/** What a step does between its first and its last heartbeat. */
export interface Attempt {
  /** Fires when the step must stop: cancelled, shut down, timed out, or frozen for too long. */
  readonly signal: AbortSignal;
  /** False once another attempt may have taken over: nothing may be written or published any more (P3). */
  readonly isCurrent: () => boolean;
  /** What became of the attempts before this one, where one failed by itself. */
  readonly before: FailedBefore | undefined;
  /** Notes where the step is; sent with the next heartbeat. */
  readonly note: (report: {
    readonly progress?: number;
    /** What this attempt alone has achieved, also where `progress` does not show it yet. */
    readonly gained?: number;
    readonly move?: MoveProgress;
    readonly run?: RunProgress;
    readonly copy?: CopyProgress;
  }) => void;
}

/**
 * Runs one attempt of a step: decides from the last checkpoint whether it starts, heartbeats every second, notices when
 * the process was frozen, and tells Temporal of a failure how soon to try again.
 */
export async function runAttempt<T>(
  step: Checkpoint['step'],
  records: TaskRecords,
  work: (attempt: Attempt) => Promise<T>,
  {maxStalled}: {readonly maxStalled?: number} = {},
): Promise<T> {
  const context = Context.current();
  const lost = records.takeLost({
    executionId: context.info.workflowExecution?.workflowId ?? '',
    activity: context.info.activityType,
  });
  const last = lastCheckpoint(context, lost);
  const decision = decideAttempt(last, Date.now(), maxStalled);
  if (decision.decision === 'give-up') {
    throw noFurther(decision.message, last);
  }
  const stalled = decision.stalledAttempts > 0 || last?.stalledBefore === true;
  let checkpoint: Checkpoint = {
    version: 1,
    step,
    progress: decision.progress,
    progressAtStart: decision.progress,
    stalledAttempts: decision.stalledAttempts,
    ...(stalled ? {stalledBefore: true} : {}),
    ...(last?.lastError === undefined ? {} : {lastError: last.lastError}),
    lastCode: last?.lastCode,
  };
  const send = () => {
    context.heartbeat(checkpoint);
    records.checkpoint(context.info.base64TaskToken, checkpoint);
  };

  const frozen = new AbortController();
  let lastTick = Date.now();
  const isCurrent = () => !frozen.signal.aborted && Date.now() - lastTick < HEARTBEAT_TIMEOUT_MS;
  const frozenError = new WaybillError(
    'worker.frozen',
    'this worker was stopped for longer than its heartbeat timeout',
  );
  const timer = setInterval(() => {
    if (!isCurrent()) frozen.abort(frozenError);
    lastTick = Date.now();
    send();
  }, HEARTBEAT_INTERVAL_MS);

  try {
    return await work({
      signal: AbortSignal.any([context.cancellationSignal, frozen.signal]),
      isCurrent,
      before: failedBefore({failed: last?.lastError !== undefined, stalled, stalledAttempts: decision.stalledAttempts}),
      note: ({progress = 0, gained = 0, ...shown}) => {
        const furthest = Math.max(checkpoint.progress, progress, decision.progress + gained);
        checkpoint = {...checkpoint, ...shown, progress: furthest};
      },
    });
  } catch (caught) {
    // The engine stops an attempt that was out of touch for good; where the server has not missed it yet, that word
    // would be the step's last.
    const error = hasCode(caught, 'transfer.superseded') && !isCurrent() ? frozenError : caught;
    if (context.cancellationSignal.aborted) {
      const reason: unknown = context.cancellationSignal.reason;
      checkpoint =
        reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN'
          ? {...checkpoint, stopped: 'shutdown'}
          : checkpoint;
      send();
      throw reason;
    }
    checkpoint = after(error, checkpoint, decision.unreachableSince);
    send();
    const next = decideAttempt(checkpoint, Date.now(), maxStalled);
    // Another attempt would only say so, after the longest of the delays.
    if (next.decision === 'give-up' && isWaybillError(error) && error.retryable)
      throw noFurther(next.message, checkpoint);
    throw toFailure(error, checkpoint);
  } finally {
    clearInterval(timer);
  }
}

/** Gives Temporal the code as the failure's type, and to the reader what the code means. */
export function toFailure(error: unknown, checkpoint?: Checkpoint): Error {
  if (!isWaybillError(error)) return toError(error);
  const {code, remedy, path, expected, found} = error;
  return ApplicationFailure.create({
    message: error.message,
    type: code,
    nonRetryable: !error.retryable,
    details: [{remedy, path, expected, found}],
    cause: error,
    ...(checkpoint ? {nextRetryDelay: retryDelay(checkpoint, Date.now())} : {}),
  });
}

/** Ends the step under the code of what stopped the last attempt; what to do is the same for each. */
function noFurther(message: string, last: Checkpoint | undefined): ApplicationFailure {
  const {remedy} = errorFacts['transfer.no-progress'];
  const type = last?.lastCode ?? 'transfer.no-progress';
  return ApplicationFailure.create({message, type, nonRetryable: true, details: [{remedy}]});
}

function after(error: unknown, checkpoint: Checkpoint, unreachableSince: number | undefined): Checkpoint {
  const lastError = error instanceof Error ? error.message : String(error);
  const lastCode = isWaybillError(error) ? error.code : undefined;
  const failed: Checkpoint = {...checkpoint, lastError, lastCode};
  if (hasCode(error, 'transfer.waiting')) return {...failed, stopped: 'waiting'};
  // A command runs on however often the line drops: its watcher has nothing to move meanwhile.
  const silent = checkpoint.step === 'run' && hasCode(error, 'ssh.connection-lost');
  // In the middle of an upgrade an attempt of the older version finds nothing that it may do: the next may be of the newer.
  const waits = hasCode(error, 'ssh.unreachable', 'store.unavailable', 'catalog.unavailable', 'transfer.newer-version');
  if (!silent && !waits) return failed;
  const moved = checkpoint.progress > checkpoint.progressAtStart;
  return {
    ...failed,
    stopped: 'unreachable',
    unreachableSince: moved ? Date.now() : (unreachableSince ?? Date.now()),
  };
}

function lastCheckpoint(context: Context, lost: boolean): Checkpoint | undefined {
  const details: unknown = context.info.heartbeatDetails;
  if (!isCheckpoint(details)) return undefined;
  // A worker that needs longer to come back than the server to miss it has died all the same, and not stalled.
  return lost && details.stopped === undefined ? {...details, stopped: 'hand-over'} : details;
}
