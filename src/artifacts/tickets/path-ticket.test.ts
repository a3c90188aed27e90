import {expect, test} from 'vitest';
import {ticket} from '../../contracts/artifacts.js';
import {pathTicket, rootOf} from './path-ticket.js';

test('a path ticket opens on its machine only', () => {
  const issued = ticket.parse(JSON.parse(JSON.stringify(pathTicket('machine-1', '/srv/store'))));
  if (issued.kind !== 'path') throw new Error('another kind of ticket');
  expect(rootOf(issued, 'machine-1')).toBe('/srv/store');
  expect(() => rootOf(issued, 'machine-2')).toThrow(
    expect.objectContaining({code: 'config.not-this-host', expected: 'machine-1', found: 'machine-2'}),
  );
});
