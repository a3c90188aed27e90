import {once} from 'node:events';
import {connect as connectTo, createServer, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {beforeAll, expect, it} from 'vitest';
import {startTemporal} from '../../test/servers/temporal.js';
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
  const line = await startLine(Number(own.address.split(':')[1]));
  let unanswered = 0;
  const client = await WaybillClient.connect({address: line.address, onUnanswered: () => (unanswered += 1)});
  expect(await client.find('one')).toBeUndefined();
  await line.cut();
  const asking = [client.find('one'), client.find('two')];
  await delay(26_000);
  expect(unanswered).toBe(1);
  await line.heal();
  expect(await Promise.all(asking)).toEqual([undefined, undefined]);
  await client.close();
  await line.cut();
  await own.teardown();
});

/** A port that leads to another, until it is cut. */
async function startLine(to: number) {
  const open = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connectTo(to, '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => [near, far].forEach((each) => each.destroy()));
    }
    near.pipe(far).pipe(near);
  });
  let port = 0;
  const heal = async () => {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
  };
  await heal();
  const bound = listener.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  port = bound.port;
  const cut = async () => {
    const closed = once(listener, 'close');
    listener.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {address: `127.0.0.1:${port}`, cut, heal};
}
