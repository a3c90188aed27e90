import {randomUUID} from 'node:crypto';
import type {CatalogAnswer, CatalogQuestion} from '../contracts/catalog.js';
import {workflowNames} from '../contracts/names.js';
import {WORKFLOW_TASK_TIMEOUT_MS} from '../contracts/timing.js';
import type {Session} from './connect.js';
import {translate} from './failures.js';
import {requireWorker} from './require-worker.js';

type AnswerTo<Q extends CatalogQuestion['ask']> = Extract<CatalogAnswer, {ask: Q}>;

/** Asks the catalog through Temporal: the only way for a client that holds nothing but a Temporal address. */
export async function ask<Q extends CatalogQuestion['ask']>(
  session: Session,
  question: Extract<CatalogQuestion, {ask: Q}>,
): Promise<AnswerTo<Q>> {
  const workflowId = `catalog-${randomUUID()}`;
  const run = session.temporal.workflow.execute<(question: CatalogQuestion) => Promise<CatalogAnswer>>(
    workflowNames.catalog,
    {
      workflowId,
      taskQueue: session.taskQueue,
      args: [question],
      workflowExecutionTimeout: '60s',
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      staticSummary: `Catalog: ${question.ask}`,
    },
  );
  try {
    const answer = await requireWorker(session, run, workflowId);
    if (isAnswerTo(question.ask, answer)) return answer;
    throw new TypeError(`the catalog answered ${answer.ask} to ${question.ask}`);
  } catch (error) {
    throw translate(error, 'executionId' in question ? question.executionId : question.ask);
  }
}

function isAnswerTo<Q extends CatalogQuestion['ask']>(ask: Q, answer: CatalogAnswer): answer is AnswerTo<Q> {
  return answer.ask === ask;
}
