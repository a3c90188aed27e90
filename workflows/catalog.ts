import type {CatalogAnswer, CatalogQuestion} from '../src/contracts/catalog.js';
import {shortActivities} from './activity-options.js';

/** One question to the catalog, one page of answer: what clients ask that reach Temporal and nothing else. */
export async function catalog(question: CatalogQuestion): Promise<CatalogAnswer> {
  const activities = shortActivities(`Answer: ${question.ask}`);
  if (question.ask !== 'keep') return await activities.answerCatalog(question);
  return await activities.answerCatalog({...question, at: new Date().toISOString()});
}
