import {randomUUID} from 'node:crypto';
import {workflowNames} from '../contracts/names.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../contracts/timing.js';
import type {Session} from './connect.js';
import {translate} from './failures.js';
import {requireWorkerOrCancel} from './require-worker.js';

export interface ShortWorkflow {
  readonly workflow: 'catalog' | 'store';
  readonly summary: string;
  /** What a failure is about. */
  readonly about: string;
  /** Default: none. */
  readonly timeout?: '60s' | '10 minutes';
}

interface Asked {
  readonly ask: string;
}

/** Runs a workflow that does nothing but answer one question. */
export async function answerOf<Answer extends Asked, Wanted extends Answer>(
  session: Session,
  question: Asked,
  isWanted: (answer: Answer) => answer is Wanted,
  {workflow, summary, about, timeout}: ShortWorkflow,
): Promise<Wanted> {
  const workflowId = `${workflow}-${randomUUID()}`;
  const run = session.temporal.workflow.execute<(question: Asked) => Promise<Answer>>(workflowNames[workflow], {
    workflowId,
    taskQueue: session.taskQueue,
    args: [question],
    ...(timeout === undefined ? {} : {workflowExecutionTimeout: timeout}),
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    staticSummary: summary,
  });
  try {
    const answer = await requireWorkerOrCancel(session, run, workflowId);
    if (isWanted(answer)) return answer;
    throw new TypeError(`the worker answered ${answer.ask} to ${question.ask}`);
  } catch (error) {
    throw translate(error, about);
  }
}
