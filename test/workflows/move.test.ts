import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {CancelledFailure, Context} from '@temporalio/activity';
import {ApplicationFailure} from '@temporalio/common';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle} from '@temporalio/worker';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {MoveRequest, PlannedMove, WaybillActivities} from '../../src/contracts/activities.js';
import {noCounts} from '../../src/contracts/transfer.js';
import {replayAll} from '../replay/replay.js';
import {startTemporal} from '../servers/temporal.js';

let environment: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  environment = await startTemporal();
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'fixtures', 'move.ts'),
    logger: new DefaultLogger('ERROR'),
  });
});
afterAll(() => environment.teardown());

it('a segment that fails for good stops the others before the move has failed', async () => {
  const {client, nativeConnection: connection} = environment;
  const begun: number[] = [];
  const stopped: number[] = [];
  const activities = {
    planMove: async (): Promise<PlannedMove> => ({plan: 'segments', segments: 20}),
    moveSegment: async ({segment}: MoveRequest & {readonly segment: number}): Promise<void> => {
      begun.push(segment);
      const context = Context.current();
      if (segment === 1) {
        await sleep(300);
        throw ApplicationFailure.nonRetryable('no further', 'transfer.no-progress');
      }
      try {
        for (;;) {
          context.heartbeat();
          await sleep(100, undefined, {signal: context.cancellationSignal});
        }
      } catch {
        // It takes a moment to stop what is under way.
        await sleep(200);
        stopped.push(segment);
        throw new CancelledFailure('CANCELLED');
      }
    },
  };
  const worker = await Worker.create({
    connection,
    taskQueue: 'moves',
    workflowBundle,
    activities,
    maxHeartbeatThrottleInterval: '100ms',
  });
  const request: MoveRequest = {
    ...{executionId: 'e', generation: 1, target: 'local', direction: 'stage'},
    ...{uploads: true, locations: [], outputs: [], required: []},
  };
  await worker.runUntil(async () => {
    const moved = client.workflow.execute('move', {workflowId: 'moves', taskQueue: 'moves', args: [request, 'moves']});
    await expect(moved).rejects.toMatchObject({cause: {cause: {type: 'transfer.no-progress'}}});
    expect(begun.sort()).toEqual([0, 1, 2, 3]);
    expect(stopped.sort()).toEqual([0, 2, 3]);
  });
  await replayAll(client, {started: ['moves'], workflowBundle});
});

it('a transfer that is cancelled while the last segments of a run end is not continued by another run', async () => {
  const {client, nativeConnection: connection} = environment;
  const begun: number[] = [];
  let asked: () => void = () => undefined;
  const cancelled = new Promise<void>((resolve) => (asked = resolve));
  const files = {counts: noCounts, failures: []};
  let cleaned = 0;
  const activities: Partial<WaybillActivities> = {
    openTransfer: async () => ({taskQueue: 'transfers', segmentsPerRun: 2}),
    planTransfer: async () => ({segments: 4, entries: 4, bytes: 4, leftOut: 0, warnings: [], lost: files}),
    // It ends before it hears of the cancellation.
    copySegment: async ({segment}) => {
      begun.push(segment);
      if (segment < 2) await cancelled;
      return files;
    },
    closeTransfer: async () => files,
    cleanUpTransfer: async () => {
      cleaned += 1;
      return files;
    },
  };
  const worker = await Worker.create({connection, taskQueue: 'transfers', workflowBundle, activities});
  await worker.runUntil(async () => {
    const options = {workflowId: 'transfers', taskQueue: 'transfers'};
    const transfer = await client.workflow.start('transfer', {
      ...options,
      args: [{sources: ['disk:/a'], destination: 'disk:/b/'}],
    });
    while (begun.length < 2) await sleep(20);
    await transfer.cancel();
    asked();
    await expect(transfer.result()).rejects.toMatchObject({cause: {name: 'CancelledFailure'}});
  });
  expect([begun.sort(), cleaned]).toEqual([[0, 1], 1]);
  await replayAll(client, {started: ['transfers'], query: 'WorkflowId = "transfers"', workflowBundle});
});
