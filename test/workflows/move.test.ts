import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {CancelledFailure, Context} from '@temporalio/activity';
import {ApplicationFailure} from '@temporalio/common';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {bundleWorkflowCode, DefaultLogger, Worker} from '@temporalio/worker';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {MoveRequest, PlannedMove} from '../../src/contracts/activities.js';
import {replayAll} from '../replay/replay.js';
import {startTemporal} from '../servers/temporal.js';

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  environment = await startTemporal();
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
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'fixtures', 'move.ts'),
    logger: new DefaultLogger('ERROR'),
  });
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
