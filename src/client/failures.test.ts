import {ActivityFailure, ApplicationFailure, WorkflowFailedError} from '@temporalio/client';
import {expect, it} from 'vitest';
import {errorFacts} from '../contracts/error-codes.js';
import {translate} from './failures.js';

function failedBecause(cause: Error): Error {
  return new WorkflowFailedError('Workflow execution failed', cause, 'NON_RETRYABLE_FAILURE');
}

it('says what the activity behind a question to the catalog said, with its own next step', () => {
  const refused = ApplicationFailure.create({
    message: 'x cannot be retried: it has not ended yet',
    type: 'input.invalid',
    details: [{path: 'x', remedy: 'See `waybill status x`.'}],
  });
  const retry = 'NON_RETRYABLE_FAILURE';
  const activity = new ActivityFailure('Activity task failed', 'answerCatalog', '1', retry, 'worker', refused);
  for (const error of [failedBecause(activity), failedBecause(refused)]) {
    expect(translate(error, 'x')).toMatchObject({
      code: 'input.invalid',
      message: 'x cannot be retried: it has not ended yet',
      remedy: 'See `waybill status x`.',
    });
  }
});

it('keeps the usual next step of a code where the failure names none', () => {
  const unknown = ApplicationFailure.create({message: 'no execution x is known', type: 'execution.not-found'});
  const {remedy} = errorFacts['execution.not-found'];
  expect(translate(failedBecause(unknown), 'x')).toMatchObject({code: 'execution.not-found', remedy});
});

it('leaves a failure alone that has no code of ours', () => {
  const error = failedBecause(ApplicationFailure.create({message: 'boom', type: 'Error'}));
  expect(translate(error, 'x')).toBe(error);
});
