import {join} from 'node:path';
import type {Client} from '@temporalio/client';
import type {TestWorkflowEnvironment} from '@temporalio/testing';
import {Worker} from '@temporalio/worker';
import {awaitExecutions} from '../activities/batches/await-executions.js';
import type {BatchRef, PlannedItem, WaybillActivities} from '../src/contracts/activities.js';
import type {BatchRequest, BatchResult} from '../src/contracts/batch.js';
import {TaskRecords} from '../src/worker/task-records.js';
import {startTemporal} from '../test/servers/temporal.js';
import {withLab} from './lab.js';
import {fixtureBundle, nothing, oneActivityRate} from './one-activity.js';
import {type BenchReport, limitRow} from './report.js';
import {scaled} from './scale.js';
import {median} from './statistics.js';

const PAGE = 100;
const ITEMS = PAGE * scaled(100);
const PARALLEL = 50;
const TASK_QUEUE = 'batch';
/** A tenth of what Temporal allows. */
const MOST_EVENTS = 5_120;

/** A batch whose executions end at once: what the batch itself costs, in histories and memory, and how fast it starts them. */
export async function batch(): Promise<BenchReport> {
  return await withLab(async ({local}) => {
    const environment = await startTemporal();
    try {
      return await measure(environment, local);
    } finally {
      await environment.teardown();
    }
  });
}

async function measure({client, nativeConnection: connection}: TestWorkflowEnvironment, local: string) {
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle: await fixtureBundle(),
    activities: activities(local),
  });
  return await worker.runUntil(async () => {
    const peers = await oneActivityRate(client, TASK_QUEUE, PARALLEL);
    const rss = [process.memoryUsage().rss / 1024 / 1024];
    const timer = setInterval(() => rss.push(process.memoryUsage().rss / 1024 / 1024), 1_000);
    const start = performance.now();
    const request: BatchRequest = {
      ...{execution: {command: ['cat', '{}']}, items: ITEMS, pages: ITEMS / PAGE, parallel: PARALLEL},
    };
    const run = await client.workflow.start<(request: BatchRequest) => Promise<BatchResult>>('batch', {
      ...{workflowId: 'bench', taskQueue: TASK_QUEUE, args: [request]},
    });
    await run.signal('pagesSent', {pages: request.pages});
    const {counts} = await run.result();
    const took = performance.now() - start;
    clearInterval(timer);
    if (counts.succeeded !== ITEMS) throw new Error(`${counts.succeeded} of ${ITEMS} succeeded`);
    return await report(client, {took, peers, rss});
  });
}

/** The activities of a batch, with no journal behind them. */
function activities(local: string): Partial<WaybillActivities> & {readonly nothing: typeof nothing} {
  const ticket = {kind: 'path', machineId: 'm', root: '/'} as const;
  const counts = {items: ITEMS, succeeded: 0, failed: 0, cancelled: 0};
  return {
    openBatch: async () => ({ticket, round: 1, pages: ITEMS / PAGE, pagesSent: 0, counts}),
    readBatchPage: async ({page}: BatchRef & {readonly page: number}) =>
      Array.from({length: PAGE}, (_, at): PlannedItem => {
        const index = page * PAGE + at;
        return {item: {index, input: `${index}.txt`, name: `data/${index}.txt`}, begin: 'start'};
      }),
    keepBatchOutcomes: async () => undefined,
    closeBatch: async () => undefined,
    awaitExecutions: awaitExecutions({records: new TaskRecords(join(local, 'tasks'))}),
    nothing,
  };
}

interface Measured {
  /** Milliseconds. */
  readonly took: number;
  /** Workflows of one activity, a second. */
  readonly peers: number;
  readonly rss: readonly number[];
}

async function report(client: Client, {took, peers, rss}: Measured): Promise<BenchReport> {
  const events: number[] = [];
  const sizes: number[] = [];
  for await (const {historyLength, historySize = 0} of client.workflow.list({query: "WorkflowId = 'bench'"})) {
    events.push(historyLength);
    sizes.push(historySize / 1024);
  }
  const rate = ITEMS / (took / 1000);
  const quarter = Math.ceil(rss.length / 4);
  const early = median(rss.slice(quarter - 1, 2 * quarter));
  const late = median(rss.slice(-quarter));
  return {
    runs: 1,
    rows: [
      {
        measure: `batch: ${ITEMS} executions without work, ${PARALLEL} at once`,
        ours: `${(took / 1000).toFixed(0)} s`,
        peer: `workflows of one activity: ${peers.toFixed(1)}/s`,
        figure: `${rate.toFixed(1)}/s, ${(rate / peers).toFixed(2)}×`,
        target: '≥ 0.35×',
        met: rate / peers >= 0.35,
      },
      limitRow(
        'batch: longest history of one run of the workflow',
        {ours: `${events.length} runs`, peer: '–'},
        Math.max(...events),
        MOST_EVENTS,
        'events',
      ),
    ],
    notes: [
      `batch: ${events.length} runs of the workflow, each ${median(events)} events and ${median(sizes).toFixed(0)} KiB of history, at most ${Math.max(...events)} and ${Math.max(...sizes).toFixed(0)}; memory of worker and bench ${early.toFixed(0)} MiB in the second quarter of the time, ${late.toFixed(0)} MiB in the last.`,
    ],
  };
}
