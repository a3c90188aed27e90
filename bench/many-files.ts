import {join} from 'node:path';
import {collectHistories} from '../test/replay/histories.js';
import {connect} from '../src/client/connect.js';
import {copyDurably, type DurableLab, withDurableLab} from './durable.js';
import {peakMemory} from './engine.js';
import {makeTree, settle} from './lab.js';
import {type BenchReport, limitRow, memoryRow} from './report.js';
import {scaled} from './scale.js';
import {median, spread} from './statistics.js';

const FEW = scaled(10_000);
const MANY = scaled(100_000);
const FILE_BYTES = 1024;

const LINEAR_LIMIT_PERCENT = 15;
const HISTORY_LIMIT = 10_000;

/** Trees of 10,000 and of 100,000 files over SSH as one durable transfer each: whether the cost of a file grows. */
export async function manyFiles(runs: number): Promise<BenchReport> {
  return await withDurableLab(async (lab) => {
    for (const files of [FEW, MANY]) await makeTree(join(lab.local, `${files}`), files, FILE_BYTES);
    const few: number[] = [];
    const many: number[] = [];
    let events = 0;
    for (let count = 0; count < runs; count++) {
      few.push((await copy(lab, FEW, count)).milliseconds);
      const copied = await copy(lab, MANY, count);
      many.push(copied.milliseconds);
      events = Math.max(events, await largestHistory(lab, copied.result.transferId));
      console.log(`many-files: run ${count + 1} of ${runs}`);
    }
    const each = (times: readonly number[], files: number) => (median(times) * 1000) / files;
    const grown = (each(many, MANY) / each(few, FEW) - 1) * 100;
    return {
      rows: [
        limitRow(
          'many-files: 100,000 × 1 KiB, cost of a file against that of 10,000',
          {ours: spread(many, 's'), peer: `10,000 files: ${spread(few, 's')}`},
          ...([grown, LINEAR_LIMIT_PERCENT, '% more'] as const),
        ),
        limitRow(
          'many-files: largest history',
          {ours: `${events} events`, peer: '–'},
          ...([events, HISTORY_LIMIT, 'events'] as const),
        ),
        memoryRow('many-files: worker', [await peakMemory(await lab.stack.workerPid())]),
      ],
      notes: [
        `many-files: ${each(few, FEW).toFixed(0)} µs for each of 10,000 files, ${each(many, MANY).toFixed(0)} µs for each of 100,000, in directories of 100.`,
      ],
    };
  });
}

/** Nothing is removed between two runs: see small-files. */
async function copy(lab: DurableLab, files: number, count: number) {
  await settle();
  const copied = await copyDurably(lab, `here:${lab.local}/${files}/`, `lab:${lab.remote}/${files}-${count}`);
  if (copied.result.counts.copied !== files) throw new Error(`${copied.result.counts.copied} files were copied`);
  return copied;
}

/** Of the runs that one transfer continued as. */
async function largestHistory({stack}: DurableLab, workflowId: string): Promise<number> {
  const {temporal, connection} = await connect({address: stack.address});
  try {
    const {runId} = await temporal.workflow.getHandle(workflowId).describe();
    const runs = await collectHistories(temporal, [{workflowId, runId}]);
    return Math.max(...runs.map(({history}) => history.events?.length ?? 0));
  } finally {
    await connection.close();
  }
}
