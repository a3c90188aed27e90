// npm run bench -- [NAMES…] [--runs N]     runs against peers in turn, prints a table and writes bench/RESULTS.md
// WAYBILL_BENCH_SCALE=0.01 does the same with a hundredth of the bytes and files, and writes nothing
import {writeFile} from 'node:fs/promises';
import {cpus} from 'node:os';
import {parseArgs} from 'node:util';
import {batch} from './batch.js';
import {batchTrue} from './batch-true.js';
import {channel} from './channel.js';
import {compression} from './compression.js';
import {durableCost} from './durable-cost.js';
import {ENGINE_FLAG, moveHere} from './engine.js';
import {hundredTransfers} from './hundred-transfers.js';
import {CIPHER} from './lab.js';
import {describeMachine, loadAverage} from './machine.js';
import {manyFiles} from './many-files.js';
import {type BenchReport, formatTable} from './report.js';
import {resumeFourGibibytes} from './resume-4gib.js';
import {retentionSweep} from './retention-sweep.js';
import {RUN_TRUE_RUNS, runTrue} from './run-true.js';
import {s3OneGibibyte} from './s3-1gib.js';
import {s3SmallFiles} from './s3-small-files.js';
import {SCALE} from './scale.js';
import {smallFiles} from './small-files.js';
import {sshOneGibibyte} from './ssh-1gib.js';
import {sshLatency} from './ssh-latency.js';
import {ticketLatency, tickets1Gib, ticketsSmallFiles} from './tickets.js';

const BENCHES: Readonly<Record<string, (runs: number) => Promise<BenchReport>>> = {
  'retention-sweep': retentionSweep,
  batch,
  'batch-true': batchTrue,
  channel,
  compression,
  'run-true': runTrue,
  'small-files': smallFiles,
  'ssh-1gib': sshOneGibibyte,
  's3-1gib': s3OneGibibyte,
  's3-small-files': s3SmallFiles,
  'ssh-latency': sshLatency,
  'ticket-latency': ticketLatency,
  'tickets-1gib': tickets1Gib,
  'tickets-small-files': ticketsSmallFiles,
  'many-files': manyFiles,
  'hundred-transfers': hundredTransfers,
  'durable-cost': durableCost,
  'resume-4gib': resumeFourGibibytes,
};

const [flag, request] = process.argv.slice(2);
if (flag === ENGINE_FLAG && request !== undefined) await moveHere(request);
else await main();

async function main(): Promise<void> {
  const {positionals, values} = parseArgs({allowPositionals: true, options: {runs: {type: 'string', default: '5'}}});
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number from 1');
  const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
  const unknown = names.filter((name) => BENCHES[name] === undefined);
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; known: ${Object.keys(BENCHES).join(', ')}`);

  const before = loadAverage();
  const machine = await describeMachine(CIPHER);
  const reports: BenchReport[] = [];
  for (const name of names) {
    const report = await BENCHES[name]?.(runs);
    if (report === undefined) continue;
    reports.push(report);
    // After each: what was measured is kept where a later one fails.
    const intro = [
      `# Measured: ${names.slice(0, reports.length).join(', ')}`,
      '',
      `${new Date().toISOString().slice(0, 10)}, medians of ${runs} runs, ${Math.max(runs, RUN_TRUE_RUNS)} for run-true (lowest–highest), taken in turns with what they are compared with.`,
      `Load average of 1, 5 and 15 minutes before: ${before}; after: ${loadAverage()}. Above ${cpus().length}, other work has slowed down both sides.`,
      '',
      ...machine.map((line) => `- ${line}`),
    ].join('\n');
    const table = formatTable(reports.flatMap(({rows}) => rows));
    const text = [intro, table, ...reports.flatMap(({notes}) => notes)].join('\n\n');
    if (SCALE === 1) await writeFile('bench/RESULTS.md', `${text}\n`);
    if (reports.length === names.length) console.log(text);
  }
}
