import {setTimeout as delay} from 'node:timers/promises';
import {WaybillError} from '../contracts/errors.js';
import type {Session} from './connect.js';

/** Milliseconds without an answer before the client asks whether anybody works at all: a healthy answer takes a tenth. */
const PATIENCE_MS = 2_000;

/**
 * How often nobody may be there in a row. A worker that is started again is never missed: Temporal still names its
 * predecessor, and counts it here for 70 s. What this waits for is a worker that starts beside its Temporal server, or
 * comes back to one that was restarted and has forgotten its pollers: it polls within seconds.
 */
const QUESTIONS = 5;

/** Answers with `call`, or rejects with `client.no-worker` where it takes long and nobody polls the task queue. */
export async function requireWorker<T>(session: Session, call: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const watch = async (): Promise<never> => {
    for (let without = 0; ; ) {
      await delay(PATIENCE_MS, undefined, {signal: settled.signal});
      without = (await someonePolls(session)) ? 0 : without + 1;
      if (without === QUESTIONS) {
        throw new WaybillError('client.no-worker', `no worker polls the task queue ${session.taskQueue}`, {
          path: session.taskQueue,
        });
      }
    }
  };
  try {
    return await Promise.race([call, watch()]);
  } finally {
    settled.abort();
    // Where the watcher has won, nobody awaits the call any more.
    call.catch(() => undefined);
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
