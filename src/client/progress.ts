import type {ExecutionResult, ExecutionState, StageName} from '../contracts/execution.js';
import {STATE_QUERY} from '../contracts/names.js';
import {type Checkpoint, isCheckpoint} from '../contracts/checkpoint.js';
import type {ExecutionEvent} from './api.js';
import type {Session} from './connect.js';
import {translate} from './failures.js';
import type {Payloads} from './payload-codec.js';
import {UntilSettled} from './until-settled.js';
import type {WorkflowExecutionDescription, WorkflowHandle} from '@temporalio/client';
import {z} from 'zod';

/** Milliseconds between two questions: a describe costs the server 5 ms, and heartbeats come once a second. */
const INTERVAL_MS = 500;

const stageOfActivity: Readonly<Record<string, StageName>> = {
  openExecution: 'open',
  runCommand: 'run',
  recordEnd: 'finish',
  cleanUp: 'finish',
};

/**
 * What goes on, read from the heartbeats of the pending activities, which `describe` shows: nothing is asked of the
 * workflow itself. Ends with `ended` once `result` is there.
 */
export async function* followProgress(
  session: Session,
  executionId: string,
  result: Promise<ExecutionResult>,
  signal?: AbortSignal,
): AsyncGenerator<ExecutionEvent> {
  const end = new UntilSettled(result, signal);
  let stage: StageName | undefined;
  const told = new Set<string>();
  while (end.waiting) {
    const workflow = session.temporal.workflow.getHandle(executionId);
    const description = await workflow.describe().catch((error: unknown) => {
      throw translate(error, executionId);
    });
    // While inputs are waited for nothing is pending, and only the workflow knows.
    if (
      stage === undefined &&
      (description.raw.pendingActivities ?? []).length === 0 &&
      (await awaitsInputs(workflow))
    ) {
      stage = 'upload';
      yield {event: 'stage', stage};
    }
    for (const pending of description.raw.pendingActivities ?? []) {
      const checkpoint = await checkpointIn(pending, session.payloads);
      const now = stageOf(pending.activityType?.name ?? '', checkpoint, stage);
      if (now !== undefined && now !== stage) {
        stage = now;
        yield {event: 'stage', stage};
      }
      if (checkpoint?.move) yield {event: 'move', progress: checkpoint.move};
      if (checkpoint?.run) yield {event: 'run', progress: checkpoint.run};
      const attempt = pending.attempt ?? 1;
      const key = `${pending.activityId}/${attempt}`;
      if (attempt > 1 && stage !== undefined && !told.has(key)) {
        told.add(key);
        yield {event: 'retrying', stage, attempt, reason: await lastFailureIn(pending, session.payloads)};
      }
    }
    await end.pause(INTERVAL_MS);
  }
  yield {event: 'ended', result: await result};
}

async function awaitsInputs(workflow: WorkflowHandle): Promise<boolean> {
  const state = await workflow.query<ExecutionState>(STATE_QUERY).catch(() => undefined);
  return state?.stage === 'upload';
}

function stageOf(
  activity: string,
  checkpoint: Checkpoint | undefined,
  before: StageName | undefined,
): StageName | undefined {
  return stageOfActivity[activity] ?? checkpoint?.move?.direction ?? before;
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** What a pending activity has told last. */
export async function checkpointIn(
  {heartbeatDetails}: PendingActivity,
  payloads: Payloads,
): Promise<Checkpoint | undefined> {
  const payload = heartbeatDetails?.payloads?.[0];
  if (!payload) return undefined;
  const details = await payloads.decodeValue(payload);
  return isCheckpoint(details) ? details : undefined;
}

const failureAttributes = z.object({message: z.string()});

/** Why the last attempt failed; of a worker with a codec the message is encoded like everything else. */
export async function lastFailureIn({lastFailure}: PendingActivity, payloads: Payloads): Promise<string> {
  const encoded = lastFailure?.encodedAttributes;
  if (!encoded) return lastFailure?.message ?? '';
  return failureAttributes.safeParse(await payloads.decodeValue(encoded)).data?.message ?? '';
}
