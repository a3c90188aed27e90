import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import pg from 'pg';
import {connect} from '../src/client/connect.js';
import {workflowNames} from '../src/contracts/names.js';
import type {RetentionResult} from '../src/contracts/retention.js';
import {postgresConnectionString} from '../src/embedded/postgres.js';
import {readStack} from '../src/embedded/stack-file.js';
import {inParallel} from '../src/stores/in-parallel.js';
import {peakMemory} from './engine.js';
import {run, withLab} from './lab.js';
import {type BenchReport, memoryRow} from './report.js';
import {scaled} from './scale.js';
import {type BenchStack, withStack} from './stack.js';
import {median, spread} from './statistics.js';

const FILES = scaled(100_000);
/** Of the executions: many small ones, and one of a hundred thousand files, cost differently. */
const SHAPES = {
  '100 executions of 1,000 files': scaled(100),
  '10,000 executions of 10 files': scaled(10_000),
} as const;

/** A sweep of 100,000 expired files of 10 bytes each: how many a second, and what the worker takes for it. */
export async function retentionSweep(runs: number): Promise<BenchReport> {
  await run([process.execPath, 'dev/run-typescript.mjs', 'dev/build.ts']);
  const settings = {retention: {deletesPerSecond: 100_000}};
  return await withLab((lab) => withStack(lab, (stack) => measure(stack, runs), settings));
}

async function measure(stack: BenchStack, runs: number): Promise<BenchReport> {
  const rows: BenchReport['rows'][number][] = [];
  for (const [shape, executions] of Object.entries(SHAPES)) {
    const times: number[] = [];
    for (let count = 0; count < runs; count += 1)
      times.push(await sweepOnce(stack, executions, `${executions}-${count}`));
    const rate = FILES / (median(times) / 1000);
    rows.push({
      measure: `retention-sweep: 100,000 expired files, ${shape}`,
      ours: spread(times, 's'),
      peer: '–',
      figure: `${rate.toFixed(0)} files/s`,
      target: '–',
    });
  }
  rows.push(memoryRow('retention-sweep: worker', [await peakMemory(await stack.workerPid())]));
  return {
    rows,
    notes: ['retention-sweep: files, records and journal on one disk, without a limit of deletions a second.'],
  };
}

/** Milliseconds from the start of the workflow to its end. */
async function sweepOnce(stack: BenchStack, executions: number, name: string): Promise<number> {
  await makeExpired(stack, executions, name);
  const {temporal, connection, taskQueue} = await connect({address: stack.address});
  try {
    const start = performance.now();
    const {removed} = await temporal.workflow.execute<() => Promise<RetentionResult>>(workflowNames.retention, {
      ...{workflowId: `sweep-${name}`, taskQueue, args: []},
    });
    const took = performance.now() - start;
    if (removed.artifacts !== FILES || removed.executions !== executions) {
      throw new Error(`removed ${removed.artifacts} files of ${removed.executions} executions`);
    }
    return took;
  } finally {
    await connection.close();
  }
}

async function makeExpired({stateDirectory}: BenchStack, executions: number, name: string): Promise<void> {
  const each = FILES / executions;
  const ids = Array.from({length: executions}, (_, n) => `old-${name}-${n}`);
  await inParallel(ids, 16, async (id) => {
    const directory = join(stateDirectory, 'store/executions', id, 'outputs');
    await mkdir(directory, {recursive: true});
    for (let n = 0; n < each; n += 1) await writeFile(join(directory, `f${n}`), '0123456789');
  });
  const {postgres} = (await readStack(stateDirectory)) ?? {};
  if (!postgres) throw new Error('no PostgreSQL runs');
  const client = new pg.Client({connectionString: await postgresConnectionString(postgres)});
  await client.connect();
  try {
    await client.query(
      `insert into waybill.executions (id, target, command, request, state, generation, last_run_id, created_at,
         ended_at, expires_at)
       select id, 'local', '["true"]', '{"version":1,"command":["true"]}', 'succeeded', 1, 'r', now(), now(),
         now() - interval '1 hour' from unnest($1::text[]) as id`,
      [ids],
    );
    await client.query(
      `insert into waybill.artifacts (id, execution_id, generation, kind, name, name_digest, key, type, size,
         stored_size, content_type, mode, modified_at, created_at, expires_at)
       select id || '/f' || n, id, 1, 'output', 'f' || n, sha256(convert_to('f' || n, 'UTF8')),
         'executions/' || id || '/outputs/f' || n, 'file', 10, 10, 'text/plain', 420, now(), now(),
         now() - interval '1 hour'
       from unnest($1::text[]) as id, generate_series(0, $2::integer - 1) n`,
      [ids, each],
    );
    await client.query('analyze waybill.artifacts');
  } finally {
    await client.end();
  }
}
