import {expect, test} from 'vitest';
import {executionId} from '../contracts/ids.js';
import {removalId} from './remove.js';

test('a removal takes the id of no execution', () => {
  expect(executionId.safeParse(removalId('nightly')).success).toBe(false);
});
