import type {CatalogAnswer, CatalogQuestion} from '../contracts/catalog.js';
import type {Session} from './connect.js';
import {answerOf} from './short-workflow.js';

type AnswerTo<Q extends CatalogQuestion['ask']> = Extract<CatalogAnswer, {ask: Q}>;

/** Asks the catalog through Temporal: the only way for a client that holds nothing but a Temporal address. */
export async function ask<Q extends CatalogQuestion['ask']>(
  session: Session,
  question: Extract<CatalogQuestion, {ask: Q}>,
): Promise<AnswerTo<Q>> {
  const isAnswer = (answer: CatalogAnswer): answer is AnswerTo<Q> => answer.ask === question.ask;
  return await answerOf(session, question, isAnswer, {
    workflow: 'catalog',
    summary: `Catalog: ${question.ask}`,
    about: 'executionId' in question ? question.executionId : question.ask,
    // To keep files of a bucket is a request for each of them: tens of thousands take minutes.
    timeout: question.ask === 'keep' ? '10 minutes' : '60s',
  });
}
