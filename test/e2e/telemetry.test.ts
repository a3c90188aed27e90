import {mkdir, open, readFile, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {z} from 'zod';
import type {CopyStart, TransferHandle} from '../../src/client/api.js';
import {metricFacts, type MetricFacts} from '../../src/contracts/metrics.js';
import {freePort} from '../servers/ports.js';
import {digests, makeInputs, sha256} from './corpus.js';
import {MIB, partialOf} from './fault-job.js';
import {until} from '../until.js';
import {scrape, type Sample, sumOf} from './scrape.js';
import {startTestStack, type TestStack} from './stack.js';
import {diskAndFar} from './targets.js';
import {waybillCommand} from './waybill-command.js';

const SECRET = 'kept-to-the-worker-4f1d';
let stack: TestStack;
let files: string;
let port: number;
const started: string[] = [];
const seen: Sample[] = [];

beforeAll(async () => {
  port = await freePort();
  stack = await startTestStack({
    environment: {E2E_SECRET: SECRET},
    more: diskAndFar,
    settings: `worker:\n  metrics: 127.0.0.1:${port}\n  auditLog: audit.ndjson\ncompression: {minBytes: 16777216}\n`,
  });
  files = join(stack.directory, 'files');
  await mkdir(files);
});

afterEach(async () => {
  seen.push(...(await metrics()));
});

afterAll(async () => {
  await stack.close(started);
});

/** A worker that was just started again serves in a moment. */
async function metrics(): Promise<readonly Sample[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await scrape(port);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}

async function place(name: string): Promise<string> {
  const directory = join(files, name);
  await mkdir(join(directory, 'from'), {recursive: true});
  return directory;
}

async function copy(options: CopyStart): Promise<TransferHandle> {
  const handle = await stack.client.copy(options);
  started.push(handle.id);
  return handle;
}

const line = z.looseObject({msg: z.string(), level: z.number(), time: z.string()});
type Line = z.infer<typeof line>;

/** Every line of the worker's log, each of them JSON. */
async function log(): Promise<readonly Line[]> {
  const text = await readFile(join(stack.stateDirectory, 'logs/worker.log'), 'utf8');
  const lines = text.split('\n').filter((each) => each.startsWith('{'));
  return lines.map((each) => line.parse(JSON.parse(each)));
}

async function audited(run: string): Promise<readonly Line[]> {
  return (await log()).filter((each) => each.msg === 'audit: file' && each['run'] === run);
}

const places = {operation: 'copy', source: 'disk', destination: 'far'};

describe('metrics', () => {
  it('count the files, bytes and failures of a copy, with sizes, times and checks', async () => {
    const directory = await place('counted');
    await makeInputs(join(directory, 'from'), {small: 1_000, large: 20_000_000, refused: 10});
    // A directory where a file is to arrive.
    await mkdir(join(directory, 'to/refused/in-the-way'), {recursive: true});
    const handle = await copy({sources: [`disk:${directory}/from/`], destination: `far:${directory}/to`});
    const result = await handle.result();
    expect(result).toMatchObject({outcome: 'failed', counts: {copied: 2, failed: 1}});
    const code = result.failures[0]?.code ?? '';
    const now = await metrics();
    expect(sumOf(now, 'waybill_files_total', {...places, outcome: 'copied'})).toBe(2);
    expect(sumOf(now, 'waybill_files_total', {...places, outcome: 'failed'})).toBe(1);
    expect(sumOf(now, 'waybill_file_failures_total', {...places, code, category: 'store'})).toBe(1);
    expect(sumOf(now, 'waybill_sent_bytes_total', places)).toBe(result.counts.sentBytes);
    expect(sumOf(now, 'waybill_file_size_bytes_sum', places)).toBe(20_001_000);
    expect(sumOf(now, 'waybill_file_size_bytes_bucket', {...places, le: '1024'})).toBe(1);
    expect(sumOf(now, 'waybill_file_duration_seconds_count', places)).toBe(2);
    expect(sumOf(now, 'waybill_file_verifications_total', {...places, result: 'sha256'})).toBe(2);
    const ended = {workflowType: 'transfer', outcome: 'failed', code};
    expect(sumOf(now, 'waybill_runs_ended_total', ended)).toBe(1);
    expect(sumOf(now, 'waybill_runs_started_total', {workflowType: 'transfer'})).toBe(1);
    expect(sumOf(now, 'waybill_run_duration_seconds_count', {workflowType: 'transfer'})).toBe(1);
  });

  it('show the connections to a target, and those that carry nothing', async () => {
    await until('idle connections', async () => {
      const now = await metrics();
      const open = sumOf(now, 'waybill_ssh_connections', {target: 'far'}) ?? 0;
      const sessions = sumOf(now, 'waybill_ssh_sessions', {target: 'far'});
      const idle = sumOf(now, 'waybill_ssh_connections_idle', {target: 'far'});
      const waiting = sumOf(now, 'waybill_ssh_sessions_waiting', {target: 'far'});
      return open > 0 && sessions !== undefined && idle !== undefined && waiting === 0;
    });
  });

  it('count no file twice where the line breaks and the step is tried again', async () => {
    const directory = await place('retried');
    await makeInputs(join(directory, 'from'), {small: 1_000, large: 60_000_000});
    const before = await metrics();
    const handle = await copy({
      sources: [`disk:${directory}/from/`],
      destination: `far:${directory}/to`,
      options: {limitRate: 20_000_000},
    });
    let cut = false;
    let retries = 0;
    for await (const event of handle.progress()) {
      if (event.event === 'retrying') retries += 1;
      if (event.event !== 'progress' || cut || event.progress.bytesDone < 20_000_000) continue;
      cut = true;
      await stack.sshd.killSessions();
    }
    expect(await handle.result()).toMatchObject({outcome: 'succeeded'});
    expect(retries).toBeGreaterThan(0);
    const now = await metrics();
    const more = (name: string, labels = {}) =>
      (sumOf(now, name, {...places, ...labels}) ?? 0) - (sumOf(before, name, {...places, ...labels}) ?? 0);
    expect(more('waybill_files_total')).toBe(2);
    expect(more('waybill_files_total', {outcome: 'resumed'})).toBe(1);
    expect(more('waybill_file_size_bytes_sum')).toBe(60_001_000);
    // What the broken attempt had sent counts too: some of it was lost with the line.
    expect(more('waybill_sent_bytes_total')).toBeGreaterThanOrEqual(60_001_000 - more('waybill_resumed_bytes_total'));
    expect((await audited(handle.id)).map(({attempt, outcome}) => [attempt, outcome])).toEqual([
      [1, 'copied'],
      [expect.any(Number), 'resumed'],
    ]);
  });

  it('count what was resumed, what that saved, and what was found wrong, after the worker was killed', async () => {
    const directory = await place('killed');
    await makeInputs(join(directory, 'from'), {small: 1_000, large: 100_000_000});
    const handle = await copy({
      sources: [`disk:${directory}/from/`],
      destination: `far:${directory}/to`,
      options: {limitRate: 30_000_000},
    });
    let killed = false;
    for await (const event of handle.progress()) {
      if (event.event !== 'progress' || killed || event.progress.bytesDone < 50_000_000) continue;
      killed = true;
      const partial = await partialOf(join(directory, 'to', `.waybill-transfer-${handle.id}`), 16 * MIB);
      await stack.killWorker(() => damage(partial));
    }
    const result = await handle.result();
    expect(result).toMatchObject({outcome: 'succeeded', counts: {files: 2, copied: 1, resumed: 1}});
    expect(await digests(join(directory, 'to'))).toEqual(await digests(join(directory, 'from')));
    const now = await metrics();
    // The worker that died had counted the small file.
    expect(sumOf(now, 'waybill_files_total', {outcome: 'copied'})).toBeUndefined();
    expect(sumOf(now, 'waybill_files_total', {...places, outcome: 'resumed'})).toBe(1);
    expect(sumOf(now, 'waybill_resumed_bytes_total', places)).toBe(result.counts.resumedBytes);
    expect(result.counts.resumedBytes).toBeGreaterThan(20_000_000);
    expect(sumOf(now, 'waybill_resent_bytes_total', places)).toBe(result.counts.resentBytes);
    expect(result.counts.resentBytes).toBeGreaterThanOrEqual(8 * MIB);
  });
});

describe('the compression ratio', () => {
  it('is that of what a text takes up in the store to what it is', async () => {
    const path = join(await place('texts'), 'a.log');
    await writeFile(path, 'a line of a log\n'.repeat(1_100_000));
    const run = await stack.client.start({command: ['true'], inputs: [{name: 'a.log', path}]});
    started.push(run.id);
    await run.result();
    const now = await metrics();
    const staged = {operation: 'stage', source: 'store', destination: 'local'};
    expect(sumOf(now, 'waybill_compressed_original_bytes_total', staged)).toBe(17_600_000);
    const stored = sumOf(now, 'waybill_compressed_stored_bytes_total', staged);
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(1_000_000);
  });
});

describe('the log of a run', () => {
  it('carries one correlation id from the command line to every file, audits each, and holds no secret', async () => {
    const work = await place('run');
    await makeInputs(join(work, 'from'), {'in.bin': 5_000});
    const script = 'test -n "$E2E_SECRET"; cp "$1" out.bin; exit 3';
    const told = await waybillCommand(stack, join(work, 'from'), [
      ...['run', '--json', '--target', 'gpu', '--correlation-id', 'order-4711', '--secret-env', 'E2E_SECRET'],
      ...['sh', '-c', script, 'sh', 'in.bin'],
    ]);
    expect(told.status, told.stderr).toBe(3);
    const id = /"id":"([a-z0-9-]+)"/.exec(told.stdout)?.[1] ?? '';
    started.push(id);
    const all = await log();
    const mine = all.filter(({run, workflowId}) => run === id || workflowId === id);
    expect(mine.filter(({correlationId}) => correlationId !== 'order-4711')).toEqual([]);
    expect(mine.map(({msg, step}) => step ?? msg)).toEqual(
      expect.arrayContaining(['openExecution', 'planMove', 'runCommand', 'recordEnd', 'cleanUp', 'Workflow failed']),
    );
    const digest = await sha256(join(work, 'from/in.bin'));
    const file = {correlationId: 'order-4711', sha256: digest, verified: 'sha256', size: 5_000, outcome: 'copied'};
    const user: unknown = expect.stringMatching(/^.+@.+$/);
    expect(await audited(id)).toEqual([
      expect.objectContaining({
        ...{...file, operation: 'stage', requestedBy: user},
        source: `store:executions/${id}/inputs/in.bin`,
        destination: `gpu:${stack.workspaceRoot('gpu')}/${id}/g1/work/in.bin`,
      }),
      expect.objectContaining({
        ...{...file, operation: 'collect'},
        source: `gpu:${stack.workspaceRoot('gpu')}/${id}/g1/work/out.bin`,
        destination: `store:executions/${id}/outputs/out.bin`,
      }),
    ]);
    const kept = await readFile(join(stack.directory, 'audit.ndjson'), 'utf8');
    expect(kept.split('\n').filter((each) => each.includes(`"run":"${id}"`))).toHaveLength(2);
    expect(JSON.stringify(all) + kept).not.toContain(SECRET);
    expect(JSON.stringify(await metrics())).not.toMatch(new RegExp(`${SECRET}|${id}|in\\.bin`));
  });

  it('goes by the id of a copy where the caller has none, and says what was checked', async () => {
    const directory = await place('uncorrelated');
    await makeInputs(join(directory, 'from'), {a: 20_000_000});
    const sources = [`disk:${directory}/from/a`];
    const handle = await copy({sources, destination: `far:${directory}/to/`, options: {verify: 'none'}});
    await handle.result();
    expect(await audited(handle.id)).toEqual([
      expect.objectContaining({
        ...{
          correlationId: handle.id,
          operation: 'copy',
          outcome: 'unverified',
          verified: 'not-checked',
          size: 20_000_000,
        },
        ...{source: `disk:${directory}/from/a`, destination: `far:${directory}/to/a`},
      }),
    ]);
  });
});

it('refuses an address that another program has, and names it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  const taken = `127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
  const environment = {WAYBILL_WORKER_METRICS: taken, WAYBILL_STATE_DIRECTORY: join(stack.directory, 'second')};
  const {status, stderr} = await waybillCommand(stack, stack.directory, ['worker'], {environment});
  other.close();
  expect(status).not.toBe(0);
  expect(stderr).toContain(`metrics cannot be served at ${taken}`);
  expect(stderr).toContain('worker.metrics');
});

it('exports what the documentation lists, with those labels, and nothing else of its own', () => {
  const own = seen.filter(({name}) => name.startsWith('waybill_'));
  const exported = new Map<string, ReadonlySet<string>>();
  for (const {name, labels} of own) {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    exported.set(base, new Set(Object.keys(labels).filter((label) => label !== 'le')));
  }
  const documented = Object.entries<MetricFacts>(metricFacts).map(([name, {labels}]) => [name, [...labels].sort()]);
  expect([...exported].map(([name, labels]) => [name, [...labels].sort()]).sort()).toEqual(documented.sort());
});

/** One bit in the first block. */
async function damage(partial: string): Promise<void> {
  const file = await open(partial, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 1_000);
  byte.writeUInt8(byte.readUInt8() ^ 1);
  await file.write(byte, 0, 1, 1_000);
  await file.close();
}
