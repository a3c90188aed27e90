import {join} from 'node:path';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle} from '@temporalio/worker';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {startTemporal} from '../servers/temporal.js';
import {replayAll} from './replay.js';

let environment: TestWorkflowEnvironment;
let recorded: WorkflowBundle;
let changed: WorkflowBundle;

beforeAll(async () => {
  environment = await startTemporal();
  [recorded, changed] = await Promise.all([bundle('as-recorded'), bundle('changed')]);
  const {client, nativeConnection: connection} = environment;
  const worker = await Worker.create({connection, taskQueue: 'replay', workflowBundle: recorded});
  await worker.runUntil(async () => {
    await client.workflow.execute('chained', {workflowId: 'chain', taskQueue: 'replay', args: [1]});
    const open = await client.workflow.start('open', {workflowId: 'waits', taskQueue: 'replay'});
    while ((await open.fetchHistory()).events?.length !== 4) await environment.sleep(50);
  });
});
afterAll(() => environment.teardown());

function bundle(name: string): Promise<WorkflowBundle> {
  return bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'fixtures', `${name}.ts`),
    logger: new DefaultLogger('ERROR'),
  });
}

const unfinished = {waits: 'waits for a signal that this test never sends'};

describe('the replay of what a test started', () => {
  it('covers every run of a chain and every child', async () => {
    const histories = await replayAll(environment.client, {started: ['chain'], unfinished, workflowBundle: recorded});
    expect(histories.filter(({workflowId}) => workflowId === 'chain')).toHaveLength(2);
    expect(histories).toHaveLength(5);
  });

  it('fails where only a child no longer does what was recorded', async () => {
    const replayed = replayAll(environment.client, {started: ['chain'], unfinished, workflowBundle: changed});
    await expect(replayed).rejects.toThrow(/Nondeterminism|nondeterminism/);
  });

  it('finds chain and children from the last run alone', async () => {
    const query = "WorkflowId = 'chain' AND ExecutionStatus = 'Completed'";
    const histories = await replayAll(environment.client, {started: ['chain'], query, workflowBundle: recorded});
    expect(histories).toHaveLength(4);
  });

  it('fails where a workflow did not end and no reason is given', async () => {
    const replayed = replayAll(environment.client, {started: ['chain'], workflowBundle: recorded});
    await expect(replayed).rejects.toThrow('waits: did not end');
  });

  it('fails where a reason is given for one that has ended', async () => {
    const reasons = {...unfinished, chain: 'an old reason'};
    const replayed = replayAll(environment.client, {started: ['chain'], unfinished: reasons, workflowBundle: recorded});
    await expect(replayed).rejects.toThrow('chain: is listed as unfinished, and has ended');
  });

  it('fails where a test names nothing', async () => {
    await expect(replayAll(environment.client, {started: [], workflowBundle: recorded})).rejects.toThrow(
      'proves nothing',
    );
  });

  it('fails where what a test started is not there', async () => {
    const replayed = replayAll(environment.client, {
      started: ['never'],
      visibleWithinMs: 1000,
      workflowBundle: recorded,
    });
    await expect(replayed).rejects.toThrow('not known to the server: never');
  });
});
