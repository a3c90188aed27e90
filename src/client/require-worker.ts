import {setTimeout as delay} from 'node:timers/promises';
import {hasCode, WaybillError} from '../contracts/errors.js';
import type {Session} from './connect.js';
import {translate} from './failures.js';

/** Milliseconds without an answer before the client asks whether anybody works at all: a healthy answer takes a tenth. */
const PATIENCE_MS = 2_000;

/**
 * How often nobody may be there in a row. A worker that is started again is never missed: Temporal still names its
 * predecessor, and counts it here for 70 s. What this waits for is a worker that starts beside its Temporal server, or
 * comes back to one that was restarted and has forgotten its pollers: it polls within seconds.
 */
const QUESTIONS = 5;

/** Of the questions, from 0: before it nobody wonders yet. */
const TOLD_AT = 1;

/**
 * Answers with `call`. Where it takes long, rejects with `client.no-worker` if nobody polls the task queue, and with
 * `payload.not-readable` if a worker cannot read what `workflowId` was given: another one might, but nobody waits for that.
 */
export async function requireWorker<T>(session: Session, call: Promise<T>, workflowId?: string): Promise<T> {
  const settled = new AbortController();
  const watch = async (): Promise<never> => {
    for (let without = 0, asked = 0; ; asked += 1) {
      await delay(PATIENCE_MS, undefined, {signal: settled.signal});
      if (asked === TOLD_AT) session.tellOfWorker();
      if (workflowId !== undefined) await refuseUnread(session, workflowId);
      without = (await someonePolls(session)) ? 0 : without + 1;
      if (without === QUESTIONS) {
        throw new WaybillError('client.no-worker', `no worker polls the task queue ${session.taskQueue}`, {
          path: session.taskQueue,
        });
      }
    }
  };
  try {
    const watched = watch().catch((error: unknown) => {
      throw translate(error, workflowId ?? session.taskQueue);
    });
    return await Promise.race([call, watched]);
  } finally {
    settled.abort();
    // Where the watcher has won, nobody awaits the call any more.
    call.catch(() => undefined);
  }
}

/**
 * The same for a call that has started its workflow: whoever was told that nobody works, or reads it, must not find
 * done when somebody does what may have been decided otherwise meanwhile.
 */
export async function requireWorkerOrCancel<T>(session: Session, call: Promise<T>, workflowId: string): Promise<T> {
  try {
    return await requireWorker(session, call, workflowId);
  } catch (error) {
    if (!hasCode(error, 'client.no-worker', 'payload.not-readable')) throw error;
    const cancelled = await session.temporal.workflow
      .getHandle(workflowId)
      .cancel()
      .then(
        () => true,
        () => false,
      );
    if (!cancelled) throw error;
    const message = `${error.message}: ${workflowId} is cancelled, whatever comes`;
    throw new WaybillError(error.code, message, {cause: error, remedy: error.remedy});
  }
}

/** Tasks that failed are in the history, with the reason. */
async function refuseUnread({temporal, namespace}: Session, workflowId: string): Promise<void> {
  const request = {namespace, execution: {workflowId}, maximumPageSize: 10};
  const {history} = await temporal.workflowService
    .getWorkflowExecutionHistoryReverse(request)
    // It may not be there yet.
    .catch(() => ({history: undefined}));
  for (const {workflowTaskFailedEventAttributes: failed} of history?.events ?? []) {
    const {applicationFailureInfo, message} = failed?.failure ?? {};
    if (applicationFailureInfo?.type !== 'payload.not-readable') continue;
    throw new WaybillError('payload.not-readable', message ?? 'the worker cannot read it', {path: workflowId});
  }
}

/** A poller asks at least once a minute, and Temporal keeps its name for minutes after its end: older ones do not count. */
async function someonePolls({temporal, namespace, taskQueue}: Session): Promise<boolean> {
  const {pollers} = await temporal.workflowService.describeTaskQueue({
    namespace,
    taskQueue: {name: taskQueue},
  });
  const oldest = Date.now() / 1000 - 70;
  return pollers.some((poller) => Number(poller.lastAccessTime?.seconds) > oldest);
}
