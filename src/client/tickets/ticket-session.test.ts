import {setTimeout as delay} from 'node:timers/promises';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {startTemporal} from '../../../test/servers/temporal.js';
import {connect} from '../connect.js';
import {TicketSession} from './ticket-session.js';

let server: TestWorkflowEnvironment;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(() => server.teardown());

it('is closed within seconds, also where nobody answers that it is open', async () => {
  const session = await connect({address: server.address});
  const tickets = new TicketSession(session, 'one');
  // Nobody works here: this one is waited for.
  const issued = tickets.issue({requests: []}).catch((error: unknown) => error);
  await delay(500);
  const closedAt = performance.now();
  await tickets.close();
  expect(performance.now() - closedAt).toBeLessThan(4_000);
  await session.close();
  expect(await issued).toMatchObject({code: 'client.closed'});
});
