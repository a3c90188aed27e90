import {expect, it} from 'vitest';
import {agreedTime, MAX_CLOCK_DIFFERENCE_MS} from './retention.js';

const before = Date.parse('2026-03-01T00:00:00Z');
const after = before + 2_000;

it('takes the earlier of two clocks that agree', () => {
  expect(agreedTime({before, database: before + 1_000, after})).toEqual({agreed: before});
  expect(agreedTime({before, database: before - 1_000, after})).toEqual({agreed: before - 1_000});
});

it.each([
  ['behind', -MAX_CLOCK_DIFFERENCE_MS - 1],
  ['years behind', -1e11],
  ['ahead', MAX_CLOCK_DIFFERENCE_MS + 2_001],
  ['years ahead', 1e11],
])('knows no time where one clock is %s', (_, difference) => {
  const clocks = agreedTime({before, database: before + difference, after});
  expect(clocks).toHaveProperty('differ');
});

it('an answer that came late does not count against the database', () => {
  const late = before + 3_600_000;
  expect(agreedTime({before, database: late - 1_000, after: late})).toEqual({agreed: before});
});
