import {expect, it} from 'vitest';
import {workerSettings} from '../config/worker-schema.js';
import {workerOptions} from './options.js';

it('asks for activities by two polls, or as many as are wanted', () => {
  const polls = (settings: object) => workerOptions(workerSettings.parse(settings)).activityTaskPollerBehavior;
  expect(polls({})).toEqual({type: 'simple-maximum', maximum: 2});
  expect(polls({maxConcurrentActivityPolls: 7})).toEqual({type: 'simple-maximum', maximum: 7});
});
