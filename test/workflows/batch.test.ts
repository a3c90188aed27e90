import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {WorkflowFailedError, type WorkflowHandle} from '@temporalio/client';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle} from '@temporalio/worker';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {awaitExecutions} from '../../activities/batches/await-executions.js';
import type {BatchRef, PlannedItem, WaybillActivities} from '../../src/contracts/activities.js';
import {
  type BatchOutcome,
  type BatchRequest,
  type BatchResult,
  batchResult,
  type BatchState,
  itemId,
} from '../../src/contracts/batch.js';
import {TaskRecords} from '../../src/worker/task-records.js';
import {replayAll} from '../replay/replay.js';
import {startTemporal} from '../servers/temporal.js';

let environment: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundle;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-batch-'));
  environment = await startTemporal();
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'fixtures', 'batch.ts'),
    logger: new DefaultLogger('ERROR'),
  });
});
afterAll(async () => {
  await environment.teardown();
  await rm(directory, {recursive: true, force: true});
});

type Workflow = (request: BatchRequest) => Promise<BatchResult>;

const PAGE = 20;

interface Run {
  readonly batch: WorkflowHandle<Workflow>;
  /** In the order in which they came into the journal. */
  readonly outcomes: readonly BatchOutcome[];
  /** What the clean-up was told of items without an execution. */
  readonly never: readonly {readonly first: number; readonly end: number}[];
  readonly send: (pages: number) => Promise<void>;
  readonly state: () => Promise<BatchState>;
  /** No page of outcomes is written before. */
  readonly hold: (until: Promise<void>) => void;
}

/** Runs a batch whose items are named, with the journal in memory; then replays all of it. */
async function withBatch(
  id: string,
  names: readonly string[],
  more: Partial<BatchRequest>,
  work: (run: Run) => Promise<void>,
): Promise<void> {
  const outcomes: BatchOutcome[] = [];
  const never: {readonly first: number; readonly end: number}[] = [];
  let held = Promise.resolve();
  const pages = Math.ceil(names.length / PAGE);
  const counts = {items: names.length, succeeded: 0, failed: 0, cancelled: 0};
  const ticket = {kind: 'path', machineId: 'm', root: '/'} as const;
  const activities: Partial<WaybillActivities> = {
    openBatch: async () => ({ticket, round: 1, pages, pagesSent: 0, counts}),
    readBatchPage: async ({page}: BatchRef & {readonly page: number}) =>
      names.slice(page * PAGE, (page + 1) * PAGE).map((input, at): PlannedItem => {
        const item = {index: page * PAGE + at, input, name: `in/${input}`};
        if (!input.includes('unsent')) return {item, begin: 'start'};
        const settled = {index: item.index, id: 'unsent', input, round: 1, files: 0, bytes: 0, code: 'store.not-found'};
        return {item, begin: 'settled', outcome: {...settled, outcome: 'failed'}};
      }),
    keepBatchOutcomes: async (page) => {
      await held;
      outcomes.push(...page.outcomes);
    },
    closeBatch: async (closed) => void never.push(closed.never),
    awaitExecutions: awaitExecutions({records: new TaskRecords(join(directory, id))}),
  };
  const {client, nativeConnection: connection} = environment;
  const worker = await Worker.create({connection, taskQueue: id, workflowBundle, activities});
  await worker.runUntil(async () => {
    const request: BatchRequest = {execution: {command: ['cat', '{}']}, items: names.length, pages, ...more};
    const batch = await client.workflow.start<Workflow>('batch', {workflowId: id, taskQueue: id, args: [request]});
    await work({
      ...{batch, outcomes, never},
      send: (sent) => batch.signal('pagesSent', {pages: sent}),
      state: () => batch.query<BatchState>('state'),
      hold: (until) => {
        held = until;
      },
    });
  });
  await replayAll(client, {started: [id], query: `WorkflowId = '${id}'`, workflowBundle});
}

/** Of each run of the workflow, the oldest first: events. */
async function historyLengths(id: string): Promise<number[]> {
  const lengths: number[] = [];
  for await (const {historyLength} of environment.client.workflow.list({query: `WorkflowId = '${id}'`})) {
    lengths.unshift(historyLength);
  }
  return lengths;
}

async function failedResult(batch: Run['batch']): Promise<BatchResult> {
  const error: unknown = await batch.result().catch((thrown: unknown) => thrown);
  if (!(error instanceof WorkflowFailedError)) throw new Error('did not fail', {cause: error});
  const cause = error.cause;
  return batchResult.parse(
    cause !== undefined && 'details' in cause && Array.isArray(cause.details) ? cause.details[0] : {},
  );
}

const numbers = (count: number) => Array.from({length: count}, (_, index) => index);
const statusOf = async (id: string) => (await environment.client.workflow.getHandle(id).describe()).status.name;
const statusesOf = (batch: string, indexes: readonly number[]) =>
  Promise.all(indexes.map((index) => statusOf(itemId(batch, index))));

it('runs each item once, so many at a time, over many runs of the workflow, whatever one of them takes', async () => {
  const names = numbers(100).map((index) =>
    index % 30 === 7 ? `fails-${index}` : index === 3 ? 'slow-3' : index === 11 ? 'unsent' : `${index}`,
  );
  const request = {parallel: 8, executionsPerRun: 25};
  await withBatch('window', names, request, async ({batch, outcomes, never, send, state}) => {
    await send(5);
    let most = 0;
    await expect
      .poll(async () => {
        const {counts, running} = await state();
        most = Math.max(most, running);
        return counts.succeeded + counts.failed;
      })
      .toBe(99);
    expect(most).toBe(8);
    // It was started by the first run of four.
    await environment.client.workflow.getHandle('window-000003').terminate();
    const result = await failedResult(batch);
    expect(result.counts).toEqual({items: 100, succeeded: 94, failed: 6, cancelled: 0});
    expect(result.failure).toMatchObject({code: 'batch.incomplete'});
    expect(outcomes.map(({index}) => index).sort((one, other) => one - other)).toEqual(numbers(100));
    expect(outcomes.filter(({outcome}) => outcome !== 'succeeded').map(({code, input}) => [input, code])).toEqual(
      expect.arrayContaining([
        ['slow-3', 'execution.lost'],
        ['unsent', 'store.not-found'],
        ['fails-7', 'execution.command-failed'],
        ['fails-97', 'execution.command-failed'],
      ]),
    );
    expect(never).toEqual([{first: 100, end: 100}]);
    const lengths = await historyLengths('window');
    expect(lengths).toHaveLength(4);
    expect(Math.max(...lengths)).toBeLessThan(450);
  });
});

it('begins with what has arrived, and gives up where nothing more does', async () => {
  await withBatch('late', numbers(60).map(String), {uploadDeadlineMs: 8_000}, async ({batch, send, state, never}) => {
    await send(1);
    await expect.poll(async () => (await state()).counts.succeeded).toBe(20);
    await send(2);
    const result = await failedResult(batch);
    expect(result).toMatchObject({counts: {succeeded: 40, failed: 0}, failure: {code: 'execution.inputs-missing'}});
    expect(never).toEqual([{first: 40, end: 60}]);
  });
});

it('a cancellation ends every execution, also those that an earlier run has started', async () => {
  const names = numbers(60).map((index) => (index < 5 || index > 30 ? `slow-${index}` : `${index}`));
  const request = {parallel: 10, executionsPerRun: 12};
  await withBatch('cancelled', names, request, async ({batch, outcomes, send, state, never}) => {
    await send(3);
    await expect.poll(async () => (await state()).running).toBe(10);
    await expect.poll(async () => (await state()).counts.succeeded).toBe(26);
    await batch.cancel();
    await expect(batch.result()).rejects.toThrow(WorkflowFailedError);
    expect((await batch.describe()).status.name).toBe('CANCELLED');
    const cancelled = outcomes.filter(({outcome}) => outcome === 'cancelled').map(({index}) => index);
    expect(cancelled.sort((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 31, 32, 33, 34, 35]);
    expect(await statusesOf('cancelled', cancelled)).not.toContain('RUNNING');
    expect(never).toEqual([{first: 0, end: 60}]);
    const {result} = await state();
    expect(result).toMatchObject({outcome: 'cancelled', counts: {items: 60, succeeded: 26, failed: 0, cancelled: 10}});
  });
});

it('a cancellation reaches what an earlier run has started, also where the batch has failed before', async () => {
  const names = numbers(40).map((index) => (index < 5 ? `slow-${index}` : `${index}`));
  const request = {parallel: 10, executionsPerRun: 12, uploadDeadlineMs: 8_000};
  await withBatch('failing', names, request, async ({batch, send, state}) => {
    await send(1);
    const failed = async () => {
      const {events} = await environment.client.workflow.getHandle('failing').fetchHistory();
      return events?.some(({timerFiredEventAttributes}) => Boolean(timerFiredEventAttributes));
    };
    await expect.poll(failed).toBe(true);
    expect((await state()).running).toBe(5);
    await batch.cancel();
    const result = await failedResult(batch);
    expect(await statusesOf('failing', numbers(5))).toEqual(numbers(5).map(() => 'CANCELLED'));
    expect(result).toMatchObject({failure: {code: 'execution.inputs-missing'}, counts: {succeeded: 15, cancelled: 5}});
  });
});

it('a cancellation while the last outcomes of a run are written is not lost with that run', async () => {
  const names = numbers(30).map((index) => (index < 3 ? `slow-${index}` : `${index}`));
  await withBatch('continued', names, {parallel: 5, executionsPerRun: 10}, async ({batch, hold, send, state}) => {
    let write: () => void = () => undefined;
    hold(new Promise((resolve) => (write = resolve)));
    await send(2);
    const writing = async () =>
      (await batch.describe()).raw.pendingActivities?.map(({activityType}) => activityType?.name);
    await expect.poll(writing).toEqual(['keepBatchOutcomes']);
    await batch.cancel();
    await expect.poll(() => statusesOf('continued', numbers(3))).not.toContain('RUNNING');
    write();
    await expect(batch.result()).rejects.toThrow(WorkflowFailedError);
    expect((await batch.describe()).status.name).toBe('CANCELLED');
    expect((await state()).result).toMatchObject({outcome: 'cancelled', counts: {succeeded: 7, cancelled: 3}});
    expect(await historyLengths('continued')).toHaveLength(1);
  });
});
