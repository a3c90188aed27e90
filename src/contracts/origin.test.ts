import {describe, expect, it} from 'vitest';
import {executionInput} from './execution.js';
import {originIn, originOf} from './origin.js';

describe('the correlation id of a run', () => {
  it('is the id of the run where the caller has none', () => {
    expect(originOf({}, 'nightly-7')).toEqual({correlationId: 'nightly-7'});
    expect(originOf({correlationId: 'order-4711', requestedBy: 'ann@desk'}, 'nightly-7')).toEqual({
      correlationId: 'order-4711',
      requestedBy: 'ann@desk',
    });
  });

  it.each(['', 'a b', 'line\nbreak', 'x'.repeat(129), 'ü'])('cannot be %j', (correlationId) => {
    expect(executionInput.safeParse({command: ['true'], correlationId}).success).toBe(false);
    expect(originIn({correlationId})).toEqual({});
  });

  it.each([undefined, null, 'text', 7, {origin: 1}])('is not looked for in %j', (request) => {
    expect(originIn(request)).toEqual({});
  });
});
