import {randomBytes, randomUUID} from 'node:crypto';
import {mkdir, readdir, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {connect} from '../src/client/connect.js';
import {TicketSession} from '../src/client/tickets/ticket-session.js';
import {MAX_TICKETS_PER_BATCH, type TicketRequest} from '../src/contracts/tickets.js';
import {run, settle} from './lab.js';
import {bestS3Peer, type S3Move, type S3Peer} from './peers/s3-peers.js';
import {type BenchReport, limitRow, ratioRow, type Row} from './report.js';
import {S3_SERVERS, type S3Lab, type S3ServerName, withS3Lab} from './s3-lab.js';
import {scaled} from './scale.js';
import {median, spread} from './statistics.js';

const MEBIBYTES = scaled(1024);
const SMALL_FILES = scaled(1_000);
const SMALL_BYTES = 64 * 1024;

const WARM_UPS = 5;
const QUESTIONS = 100;
const BATCHES = 20;
const ONE_LIMIT_MS = 50;
const BULK_LIMIT_MS = 5;
const TARGETS = {put: 1.5, get: 1} as const;

/** How long a client waits for a ticket, through Temporal: one, and a full batch. */
export async function ticketLatency(): Promise<BenchReport> {
  return await withS3Lab('MinIO', async (lab) => {
    const session = await connect({address: lab.address});
    const executionId = `bench-${randomUUID().slice(0, 8)}`;
    const tickets = new TicketSession(session, executionId);
    const read = (name: string): TicketRequest => ({
      ...{method: 'GET', key: `${lab.prefix}/executions/${executionId}/outputs/${name}`, query: {}, headers: {}},
    });
    const timed = async (count: number, requests: (turn: number) => TicketRequest[]) => {
      const times: number[] = [];
      for (let turn = -WARM_UPS; turn < count; turn++) {
        const start = performance.now();
        await tickets.issue({requests: requests(turn)});
        if (turn >= 0) times.push(performance.now() - start);
      }
      return times;
    };
    try {
      const ones = await timed(QUESTIONS, (turn) => [read(`one-${turn}`)]);
      const bulk = await timed(BATCHES, (turn) =>
        Array.from({length: MAX_TICKETS_PER_BATCH}, (_, index) => read(`bulk-${turn}-${index}`)),
      );
      return {
        runs: 1,
        rows: [
          ...latencyRows('one', ones, ONE_LIMIT_MS),
          ...latencyRows(
            `each of ${MAX_TICKETS_PER_BATCH}`,
            bulk.map((time) => time / MAX_TICKETS_PER_BATCH),
            BULK_LIMIT_MS,
          ),
        ],
        notes: [
          `ticket-latency: from the question to the opened URLs, on an open session, one after the other; a batch of ${MAX_TICKETS_PER_BATCH} took ${spread(bulk, 'ms')}.`,
        ],
      };
    } finally {
      await tickets.close();
      await session.connection.close();
    }
  });
}

function latencyRows(what: string, times: readonly number[], limit: number): Row[] {
  const percentile = [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
  return [
    limitRow(`ticket-latency: ${what}, p50`, {ours: spread(times, 'ms'), peer: '–'}, median(times), limit, 'ms'),
    limitRow(`ticket-latency: ${what}, p95`, {ours: spread(times, 'ms'), peer: '–'}, percentile, limit, 'ms'),
  ];
}

/** One file of 1 GiB as the input and the output of a run whose client has no key. */
export async function tickets1Gib(runs: number): Promise<BenchReport> {
  return await throughTickets({
    ...{name: 'tickets-1gib', what: 'file', runs},
    makeCorpus: async (corpus) => {
      await run(['dd', 'if=/dev/urandom', `of=${join(corpus, 'file')}`, 'bs=1M', `count=${MEBIBYTES}`]);
    },
  });
}

/** The same with 1,000 files of 64 KiB. */
export async function ticketsSmallFiles(runs: number): Promise<BenchReport> {
  return await throughTickets({
    ...{name: 'tickets-small-files', what: 'tree', runs},
    makeCorpus: async (corpus) => {
      for (let index = 0; index < SMALL_FILES; index++)
        await writeFile(join(corpus, `f${index}`), randomBytes(SMALL_BYTES));
    },
  });
}

interface TicketBench {
  readonly name: string;
  readonly what: S3Move['what'];
  readonly runs: number;
  readonly makeCorpus: (corpus: string) => Promise<void>;
}

async function throughTickets(bench: TicketBench): Promise<BenchReport> {
  const reports: BenchReport[] = [];
  for (const name of ['MinIO', 'Versity'] as const satisfies readonly S3ServerName[]) {
    reports.push(await withS3Lab(name, (lab) => onServer(lab, bench, name)));
  }
  return {
    rows: reports.flatMap(({rows}) => rows),
    notes: [
      ...reports.flatMap(({notes}) => notes),
      `${bench.name}: up is from the start of the run to its inputs in the store, taking its id and every ticket included; down is \`download\` of its outputs, each of them proved, which the others do not do. Servers: ${Object.keys(S3_SERVERS).join(', ')}.`,
    ],
  };
}

async function onServer(lab: S3Lab, bench: TicketBench, server: S3ServerName): Promise<BenchReport> {
  const corpus = join(lab.local, 'corpus');
  await mkdir(corpus);
  await bench.makeCorpus(corpus);
  const names = await readdir(corpus);
  const inputs = names.map((name) => ({path: join(corpus, name), name}));
  const times: Record<S3Move['direction'], number[]> = {put: [], get: []};
  const peers: {readonly peer: S3Peer; readonly put: number[]; readonly get: number[]}[] = [];
  const file = bench.what === 'file' ? '/file' : '';
  const move = async (peer: S3Peer, direction: S3Move['direction'], turn: string): Promise<number> => {
    const local = join(lab.local, direction === 'put' ? 'corpus' : `got-${turn}`);
    await mkdir(local, {recursive: true});
    await settle();
    const took = await peer.move(lab, {
      direction,
      what: bench.what,
      local: `${local}${file}`,
      key: `peer-${turn}${file}`,
    });
    if (direction === 'get') await rm(local, {recursive: true});
    return took;
  };
  for (const name of ['s5cmd', 'mc'] as const) {
    const peer = await bestS3Peer(name, bench.what, (trial) => move(trial, 'put', `trial-${randomUUID()}`));
    peers.push({peer, put: [], get: []});
  }
  for (let turn = 0; turn < bench.runs; turn++) {
    await settle();
    const start = performance.now();
    const handle = await lab.client.start({inputs, command: ['sh', '-c', 'mkdir out && mv * out 2>/dev/null; true']});
    times.put.push(performance.now() - start);
    await handle.result();
    await settle();
    const into = join(lab.local, `into-${turn}`);
    const from = performance.now();
    const files = await handle.download({into});
    times.get.push(performance.now() - from);
    if (files.length < names.length) throw new Error(`${files.length} files came back`);
    await rm(into, {recursive: true});
    for (const {peer, put, get} of peers) {
      const key = `${turn}-${randomUUID()}`;
      put.push(await move(peer, 'put', key));
      get.push(await move(peer, 'get', key));
    }
    console.log(`${bench.name}, ${server}: run ${turn + 1} of ${bench.runs}`);
  }
  const reports = (['put', 'get'] as const).map((direction) => {
    const sorted = peers
      .map(({peer: {name}, [direction]: values}) => ({name, values}))
      .sort((a, b) => median(a.values) - median(b.values));
    const [best] = sorted;
    if (best === undefined) throw new Error('no peers');
    const title = `${bench.name}: ${direction === 'put' ? 'up' : 'down'}, ${server}`;
    return {
      row: ratioRow(title, times[direction], best, TARGETS[direction]),
      note: `${title}: ${sorted.map(({name, values}) => `${name} ${spread(values, 's')}`).join('; ')}.`,
    };
  });
  return {rows: reports.map(({row}) => row), notes: reports.map(({note}) => note)};
}
