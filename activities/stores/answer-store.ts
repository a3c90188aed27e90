import {Context} from '@temporalio/activity';
import type {WaybillActivities} from '../../src/contracts/activities.js';
import {WaybillError} from '../../src/contracts/errors.js';
import {type ParsedStoreQuestion, type StoreAnswer, storeQuestion} from '../../src/contracts/store.js';
import type {TargetRegistry} from '../../src/worker/targets.js';
import {runAttempt} from '../attempt.js';
import type {ActivityDeps} from '../deps.js';
import {chmod, makeDirectory, remove, rename} from './change.js';
import {checkPlaces} from './check-places.js';
import {listPage} from './list-page.js';
import {type Place, placeAt, queueOf} from './place.js';
import {read, sha256, stat} from './tell.js';

/** Does or tells one thing at a place below the allowed roots (P8), or says which worker reaches it. */
export function answerStore({targets, records, taskQueue}: ActivityDeps): WaybillActivities['answerStore'] {
  return (request) =>
    runAttempt('ask', records, async ({signal}) => {
      const question = parsed(request.question);
      const queue = queueOf(targets, locationsOf(question));
      if (!request.forwarded && queue !== undefined && queue !== taskQueue) {
        return {reply: 'elsewhere', taskQueue: queue};
      }
      // What an attempt before has done must not count as a failure of this one.
      const again = Context.current().info.attempt > 1;
      return {reply: 'answer', answer: await answer(targets, question, again, signal)};
    });
}

async function answer(
  targets: TargetRegistry,
  question: ParsedStoreQuestion,
  again: boolean,
  signal: AbortSignal,
): Promise<StoreAnswer> {
  if (question.ask === 'check') return await checkPlaces(targets, question, signal);
  const place: Place = await placeAt(targets, question.location, signal);
  switch (question.ask) {
    case 'list':
      return await listPage(place, question, signal);
    case 'stat':
      return await stat(place, signal);
    case 'read':
      return await read(place, question, signal);
    case 'sha256':
      return await sha256(place, signal);
    case 'remove':
      return await remove(place, question, again, signal);
    case 'make-directory':
      return await makeDirectory(place, question, again, signal);
    case 'rename':
      return await rename(place, await placeAt(targets, question.to, signal), question, again, signal);
    case 'chmod':
      return await chmod(place, question.mode, signal);
  }
}

function parsed(question: unknown): ParsedStoreQuestion {
  const {success, data, error} = storeQuestion.safeParse(question);
  if (success) return data;
  const [issue] = error.issues;
  throw new WaybillError('input.invalid', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not understood'}`);
}

function locationsOf(question: ParsedStoreQuestion): readonly string[] {
  if (question.ask === 'check') return [...question.sources, question.destination];
  return question.ask === 'rename' ? [question.location, question.to] : [question.location];
}
