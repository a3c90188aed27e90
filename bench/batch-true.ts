import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {NativeConnection, Worker} from '@temporalio/worker';
import type {Client} from '@temporalio/client';
import {connect} from '../src/client/connect.js';
import {type DurableLab, withDurableLab} from './durable.js';
import {peakMemory} from './engine.js';
import {makeTree} from './lab.js';
import {fixtureBundle, nothing, oneActivityRate} from './one-activity.js';
import {type BenchReport, limitRow, memoryRow} from './report.js';
import {scaled} from './scale.js';
import {median, spread} from './statistics.js';

const EXECUTIONS = scaled(1_000);
const AT_ONCE = 50;
const LEAST_SHARE = 0.35;
const TASK_QUEUE = 'peers';
const FILE_BYTES = 10;
/** A tenth of what Temporal allows. */
const MOST_EVENTS = 5_120;

/** A batch of `true` over many files, against the workflows of one activity that the same Temporal server runs. */
export async function batchTrue(runs: number): Promise<BenchReport> {
  const here = {kind: 'local', maxConcurrentExecutions: AT_ONCE};
  return await withDurableLab(async (lab) => await measure(lab, runs), {settings: {targets: {here}}});
}

async function measure(lab: DurableLab, runs: number): Promise<BenchReport> {
  await mkdir(join(lab.local, 'data'));
  await makeTree(join(lab.local, 'data'), EXECUTIONS, FILE_BYTES);
  const {temporal, connection} = await connect({address: lab.stack.address});
  try {
    const times: number[] = [];
    const peers: number[] = [];
    const memory: number[] = [];
    for (let count = 0; count < runs; count++) {
      peers.push(await peerRate(temporal, lab, count));
      times.push(await batchOnce(lab, count));
      memory.push(await peakMemory(await lab.stack.workerPid()));
      console.log(`batch-true: run ${count + 1} of ${runs}`);
    }
    const rate = EXECUTIONS / (median(times) / 1000);
    const share = rate / median(peers);
    const events: number[] = [];
    for await (const {historyLength} of temporal.workflow.list({query: "WorkflowType = 'batch'"}))
      events.push(historyLength);
    return {
      rows: [
        {
          measure: `batch-true: ${EXECUTIONS} executions of \`true\`, ${AT_ONCE} at once`,
          ours: `${spread(times, 's')}, ${rate.toFixed(1)}/s`,
          peer: `workflows of one activity: ${median(peers).toFixed(1)}/s`,
          figure: `${share.toFixed(2)}×`,
          target: `≥ ${LEAST_SHARE}×`,
          met: share >= LEAST_SHARE,
        },
        limitRow(
          'batch-true: longest history of one run of the workflow',
          {ours: `${events.length} runs`, peer: '–'},
          ...([Math.max(...events), MOST_EVENTS, 'events'] as const),
        ),
        memoryRow('batch-true: worker', memory),
      ],
      notes: [
        `batch-true: from the start of the batch by a client, its files included, to its result. Peak of the worker's memory after each run: ${memory.map((kib) => (kib / 1024).toFixed(0)).join(', ')} MiB.`,
      ],
    };
  } finally {
    await connection.close();
  }
}

async function batchOnce({client, local}: DurableLab, count: number): Promise<number> {
  const files = Array.from({length: EXECUTIONS}, (_, index) => {
    const name = `d${Math.floor(index / 100)}/f${index}`;
    return {path: join(local, 'data', name), name, input: name, size: FILE_BYTES};
  });
  const start = performance.now();
  const execution = {target: 'here', command: ['true', '{}']};
  const batch = await client.startBatch({id: `bench-${count}`, files, execution, parallel: AT_ONCE});
  const {counts} = await batch.result();
  const took = performance.now() - start;
  if (counts.succeeded !== EXECUTIONS) throw new Error(`${counts.succeeded} of ${EXECUTIONS} succeeded`);
  return took;
}

/** With a worker in this process: Waybill's own has nothing to do meanwhile. */
async function peerRate(temporal: Client, {stack}: DurableLab, count: number): Promise<number> {
  const connection = await NativeConnection.connect({address: stack.address});
  try {
    const workflowBundle = await fixtureBundle();
    const worker = await Worker.create({connection, taskQueue: TASK_QUEUE, workflowBundle, activities: {nothing}});
    return await worker.runUntil(() => oneActivityRate(temporal, TASK_QUEUE, AT_ONCE, `peer-${count}`));
  } finally {
    await connection.close();
  }
}
