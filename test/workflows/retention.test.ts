import {join} from 'node:path';
import {ApplicationFailure} from '@temporalio/common';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {bundleWorkflowCode, DefaultLogger, Worker} from '@temporalio/worker';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {SweepRequest, WorkspacesOf} from '../../src/contracts/activities.js';
import type {RetentionResult} from '../../src/contracts/retention.js';
import {startTemporal} from '../servers/temporal.js';

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  environment = await startTemporal();
});
afterAll(() => environment.teardown());

it('a target that is away keeps no sweep from the executions of the others', async () => {
  const {client, nativeConnection: connection} = environment;
  // In the order of their ids, and more than a sweep holds by name.
  const expired: WorkspacesOf[] = [
    ...Array.from({length: 600}, (_, index) => ({executionId: `a-${1000 + index}`, target: 'away'})),
    {executionId: 'b-1', target: 'there'},
  ].map((each) => ({...each, taskQueue: 'sweeps', generation: 1}));
  const removed = new Set<string>();
  const activities = {
    openSweep: async () => ({time: new Date().toISOString()}),
    sweepExpired: async ({workspacesGone, passedOver, targetsAway = []}: SweepRequest) => {
      for (const id of workspacesGone) removed.add(id);
      const waiting = expired.filter(
        ({executionId, target}) =>
          !removed.has(executionId) && !passedOver.includes(executionId) && !targetsAway.includes(target),
      );
      return {workspaces: waiting.slice(0, 200), left: []};
    },
    cleanUp: async ({target}: {readonly target: string}) => {
      if (target === 'away') throw ApplicationFailure.nonRetryable('nobody there', 'store.unavailable');
    },
    sweepLeftovers: async () => undefined,
    closeSweep: async () => ({executions: removed.size, artifacts: 0, bytes: 0, tickets: 0, leftovers: 0}),
  };
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, '../../workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const worker = await Worker.create({connection, taskQueue: 'sweeps', workflowBundle, activities});
  const swept = await worker.runUntil(
    client.workflow.execute<() => Promise<RetentionResult>>('retention', {
      ...{workflowId: 'sweep', taskQueue: 'sweeps', args: []},
    }),
  );
  expect([...removed]).toEqual(['b-1']);
  expect(swept.left.length).toBeLessThan(30);
});
