import type {StoreAnswer, StoreQuestion} from '../src/contracts/store.js';
import {storeActivities} from './activity-options.js';

/** One thing done or told at a place that a worker reaches, for a client that reaches Temporal and nothing else. */
export async function store(question: StoreQuestion): Promise<StoreAnswer> {
  const summary = `Store: ${question.ask}`;
  const first = await storeActivities(undefined, summary).answerStore({question, forwarded: false});
  if (first.reply === 'answer') return first.answer;
  const second = await storeActivities(first.taskQueue, summary).answerStore({question, forwarded: true});
  if (second.reply === 'answer') return second.answer;
  throw new Error(`the worker of ${first.taskQueue} sends its questions elsewhere`);
}
