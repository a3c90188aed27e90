// npm run bench -- [NAMES…] [--runs N]     runs against peers in turn, prints tables and writes their sections of bench/RESULTS.md
// WAYBILL_BENCH_SCALE=0.01 does the same with a hundredth of the bytes and files, and writes nothing
import {readFile, writeFile} from 'node:fs/promises';
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
import type {BenchReport} from './report.js';
import {formatSection, withSection} from './results.js';
import {resumeFourGibibytes} from './resume-4gib.js';
import {retentionSweep} from './retention-sweep.js';
import {runTrue} from './run-true.js';
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

const RESULTS = 'bench/RESULTS.md';

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

  const machine = await describeMachine(CIPHER);
  for (const name of names) {
    const before = loadAverage();
    const report = await BENCHES[name]?.(runs).catch((error: unknown) => {
      // The others are measured all the same.
      console.error(`${name}: not measured:`, error);
      process.exitCode = 1;
    });
    if (!report) continue;
    const circumstances = {date: new Date(), runs: report.runs ?? runs, before, after: loadAverage(), machine};
    const section = formatSection(report, circumstances);
    console.log(`## ${name}\n\n${section}\n`);
    if (SCALE === 1) await keep(name, section);
  }
}

async function keep(name: string, section: string): Promise<void> {
  const results = await readFile(RESULTS, 'utf8');
  await writeFile(RESULTS, withSection(results, name, section, Object.keys(BENCHES)));
}
