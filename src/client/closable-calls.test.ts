import {setTimeout as delay} from 'node:timers/promises';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {beforeAll, expect, it} from 'vitest';
import {startTemporal} from '../../test/servers/temporal.js';
import {startToxiproxy} from '../../test/servers/toxiproxy.js';
import {WaybillClient} from './client.js';

let server: TestWorkflowEnvironment;
beforeAll(async () => {
  server = await startTemporal();
});

const connect = () => WaybillClient.connect({address: server.address});

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
}

const first = (found: AsyncIterable<unknown>) => found[Symbol.asyncIterator]().next();

it('ends a call that waits for an answer, and each that comes later', async () => {
  const client = await connect();
  // Nobody works here: this one is waited for.
  const waiting = codeOf(client.execution('nobodys').record());
  await delay(500);
  await client.close();
  const closedAt = performance.now();
  expect(await waiting).toBe('client.closed');
  expect(performance.now() - closedAt).toBeLessThan(1_000);
  const handle = client.transfer('later');
  expect(await codeOf(handle.state())).toBe('client.closed');
  expect(await codeOf(client.find('later'))).toBe('client.closed');
  expect(await codeOf(first(client.batches()))).toBe('client.closed');
});

it('ends a call that is being tried again, where the channel would throw at nobody', async () => {
  const client = await connect();
  await server.teardown();
  const thrown: unknown[] = [];
  const note = (error: unknown) => thrown.push(error);
  process.on('uncaughtException', note);
  try {
    const asking = [client.find('one'), client.transfer('one').result(), first(client.transfers())].map(codeOf);
    // The third or fourth try of each is waited for.
    await delay(700);
    await client.close();
    expect(await Promise.all(asking)).toEqual(asking.map(() => 'client.closed'));
  } finally {
    process.off('uncaughtException', note);
  }
  expect(thrown).toEqual([]);
});

it("asks again while the server is away for longer than Temporal's own client waits, and says so once", async () => {
  const own = await startTemporal();
  const line = await startToxiproxy(Number(own.address.split(':')[1]));
  let unanswered = 0;
  const client = await WaybillClient.connect({
    address: `127.0.0.1:${line.port}`,
    onWaiting: () => (unanswered += 1),
  });
  expect(await client.find('one')).toBeUndefined();
  await line.cut();
  const asking = [client.find('one'), client.find('two')];
  await delay(26_000);
  expect(unanswered).toBe(1);
  await line.heal();
  const healedAt = performance.now();
  expect(await Promise.all(asking)).toEqual([undefined, undefined]);
  expect(performance.now() - healedAt).toBeLessThan(13_000);
  expect(unanswered).toBe(1);
  await client.close();
  await line.close();
  await own.teardown();
});
