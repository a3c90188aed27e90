import {randomBytes} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {temporal} from '@temporalio/proto';
import type {PayloadCodec} from '@temporalio/common';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {WaybillClient} from '../../src/client/client.js';
import {loadPayloadCodec} from '../../src/client/payload-codec.js';
import {farClient, type FarClient} from './far-client.js';
import {OwnWorker} from './own-worker.js';
import {startTestStack, type TestStack} from './stack.js';

const MODULE = join(process.cwd(), 'examples/payload-codec/aes-gcm.mjs');
const MARKER = 'plaintext-marker';
const environment = {WAYBILL_TEMPORAL_PAYLOAD_CODEC: MODULE, PAYLOAD_KEY: randomBytes(32).toString('hex')};

let codec: PayloadCodec;
let stack: TestStack;
let far: FarClient;
const started: string[] = [];

beforeAll(async () => {
  process.env['PAYLOAD_KEY'] = environment.PAYLOAD_KEY;
  codec = await loadPayloadCodec(MODULE);
  stack = await startTestStack({environment, payloadCodec: codec});
  far = await farClient(stack.address, environment);
});
afterAll(async () => {
  await stack.close(started);
  await far.remove();
});

async function history(id: string): Promise<string> {
  const found = await stack.temporal.workflow.getHandle(id).fetchHistory();
  return Buffer.from(temporal.api.history.v1.History.encode(found).finish()).toString('latin1');
}

function idIn(stderr: string): string {
  const [, id = ''] = /^Run (\S+) on /m.exec(stderr) ?? [];
  started.push(id);
  return id;
}

it('nothing that a run was given or came to is in its history, whether it ends well or not', async () => {
  await writeFile(join(far.directory, `${MARKER}.txt`), 'content');
  const script = `cat ${MARKER}.txt; echo ${MARKER} >&2; cp ${MARKER}.txt ${MARKER}.out`;
  const run = (...options: readonly string[]) =>
    far.run(['run', '--target', 'gpu', '--input', `${MARKER}.txt`, ...options, '--', 'sh', '-c', script]);
  const well = await run();
  expect(well).toMatchObject({status: 0, stdout: 'content'});
  const ill = await run('--require', `${MARKER}-missing`);
  expect(ill.stderr).toContain(`${MARKER}-missing`);
  expect(ill.status).not.toBe(0);
  // A worker that fails an activity says why, and so does the update that it was asked by.
  const refused = await far.run(['run', '--target', MARKER, '--', 'true']);
  expect(refused.stderr).toContain('target.unknown');
  for (const {stderr} of [well, ill]) {
    const told = await history(idIn(stderr));
    expect(told).toContain('binary/encrypted');
    expect(told).not.toContain(MARKER);
  }
  for await (const {workflowId} of stack.temporal.workflow.list()) {
    expect(await history(workflowId), workflowId).not.toContain(MARKER);
  }
});

it('a checkpoint that a successor hands over is encoded too, and read', async () => {
  started.push('handed-over');
  const handle = await stack.client.start({
    id: 'handed-over',
    target: 'gpu',
    command: ['sh', '-c', `sleep 4; echo ${MARKER}`],
  });
  for await (const event of handle.progress()) if (event.event === 'run') break;
  await stack.killWorker();
  expect(await handle.result()).toMatchObject({outcome: 'succeeded'});
  expect(await history('handed-over')).not.toContain(MARKER);
});

it('a client without the codec is told so, and so is one whose workers lack it', async () => {
  const without = await farClient(stack.address);
  const listed = await without.run(['list']);
  expect(listed.status).not.toBe(0);
  expect(listed.stderr).toContain('payload.not-readable');
  expect(listed.stderr).toContain('WAYBILL_TEMPORAL_PAYLOAD_CODEC');
  await without.remove();

  const worker = await OwnWorker.create(stack, 'without-codec', stack.address, {WAYBILL_TEMPORAL_TASK_QUEUE: 'other'});
  await worker.start();
  const client = await WaybillClient.connect({address: stack.address, payloadCodec: codec});
  const start = client.start({id: 'unread', command: ['true'], taskQueue: 'other'});
  await expect(start).rejects.toMatchObject({code: 'payload.not-readable'});
  // It was asked to end, which it does as soon as somebody can read it.
  await stack.temporal.workflow.getHandle('unread').terminate();
  started.push('unread');
  await client.close();
  await worker.kill();
});
