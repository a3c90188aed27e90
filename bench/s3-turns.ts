import {mkdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {openS3Store} from '../src/stores/s3/store.js';
import {type EngineResult, moveBetween} from './engine.js';
import {run, settle} from './lab.js';
import type {PeerName} from './peers/programs.js';
import {bestS3Peer, type S3Move, type S3Peer} from './peers/s3-peers.js';
import {type BenchReport, cpuNote, memoryRow, ratioRow} from './report.js';
import {S3_SERVERS, type S3Lab, type S3ServerName, withS3Lab} from './s3-lab.js';
import {median, spread} from './statistics.js';

export interface S3Bench {
  readonly name: string;
  readonly runs: number;
  readonly what: S3Move['what'];
  readonly files: number;
  readonly bytes: number;
  readonly peers: readonly PeerName[];
  /** How many times as fast as the best peer; for `get` as the best one that is followed by `sha256sum`. */
  readonly targets: Readonly<Record<S3Move['direction'], number>>;
  /** Fills `corpus`: with the one file `file`, or with a tree. */
  readonly makeCorpus: (corpus: string) => Promise<void>;
}

interface PeerTimes {
  readonly peer: S3Peer;
  readonly moved: number[];
  readonly hashed: number[];
}

/** The same bytes to each server and back, by Waybill as a durable transfer, by its engine alone, and by other programs. */
export async function s3Turns(bench: S3Bench): Promise<BenchReport> {
  const reports: BenchReport[] = [];
  for (const name of Object.keys(S3_SERVERS).filter(isServerName)) {
    reports.push(
      await withS3Lab(name, async (lab) => {
        await mkdir(join(lab.local, 'corpus'));
        await bench.makeCorpus(join(lab.local, 'corpus'));
        const put = await oneWay(lab, bench, name, 'put');
        await engine(lab, bench, {direction: 'put', to: 'corpus', verify: 'size'});
        const get = await oneWay(lab, bench, name, 'get');
        return {rows: [...put.rows, ...get.rows], notes: [...put.notes, ...get.notes]};
      }),
    );
  }
  return {rows: reports.flatMap(({rows}) => rows), notes: reports.flatMap(({notes}) => notes)};
}

async function oneWay(
  lab: S3Lab,
  bench: S3Bench,
  server: S3ServerName,
  direction: S3Move['direction'],
): Promise<BenchReport> {
  const title = `${bench.name}: ${direction}, ${server}`;
  const place = places(lab, bench, direction);
  const peers: PeerTimes[] = [];
  for (const name of bench.peers) {
    const peer = await bestS3Peer(name, bench.what, (trial) => place((to) => moveBy(lab, bench, trial, direction, to)));
    peers.push({peer, moved: [], hashed: []});
  }
  const durable: number[] = [];
  const bare: EngineResult[] = [];
  for (let count = 0; count < bench.runs; count++) {
    durable.push(await place((to) => copyDurably(lab, bench, direction, to)));
    for (const {peer, moved, hashed} of peers) {
      await place(async (to) => {
        const milliseconds = await moveBy(lab, bench, peer, direction, to);
        moved.push(milliseconds);
        if (direction === 'get') hashed.push(milliseconds + (await hashed256(join(lab.local, to))));
      });
    }
    bare.push(await place((to) => engine(lab, bench, {direction, to, verify: 'size'})));
    console.log(`${title}: run ${count + 1} of ${bench.runs}`);
  }
  const best = peers.sort((a, b) => median(a.moved) - median(b.moved))[0];
  if (best === undefined) throw new Error('no peers');
  const {name} = best.peer;
  const followed = {name: `${name}, sha256sum`, values: best.hashed};
  const rival = direction === 'get' ? followed : {name, values: best.moved};
  return {
    rows: [
      ratioRow(`${title}, durable`, durable, rival, bench.targets[direction]),
      ratioRow(
        `${title}, size check`,
        bare.map(({milliseconds}) => milliseconds),
        {name, values: best.moved},
      ),
      memoryRow(
        title,
        bare.map(({peakKiB}) => peakKiB),
      ),
    ],
    notes: [
      `${title}: ${peers.map(({peer, moved}) => `${peer.name} ${spread(moved, 's')}`).join('; ')}.`,
      cpuNote(title, {'with a size check': bare}),
    ],
  };
}

/** Runs each move with a place of its own, which a large file leaves again: small ones stay, see small-files. */
function places(lab: S3Lab, {what}: S3Bench, direction: S3Move['direction']) {
  let count = 0;
  return async <T>(work: (to: string) => Promise<T>): Promise<T> => {
    const to = `${direction}-${count++}`;
    await settle();
    await mkdir(join(lab.local, to));
    const result = await work(to);
    if (what === 'file') {
      await rm(join(lab.local, to), {recursive: true});
      const store = openS3Store({name: 'bench', ...lab.server});
      await store.removeTree(to);
      await store.close();
    }
    return result;
  };
}

async function moveBy(
  lab: S3Lab,
  {what}: S3Bench,
  peer: S3Peer,
  direction: S3Move['direction'],
  to: string,
): Promise<number> {
  const file = what === 'file' ? '/file' : '';
  const ends =
    direction === 'put' ? {local: `corpus${file}`, key: `${to}${file}`} : {local: `${to}${file}`, key: `corpus${file}`};
  return await peer.move(lab, {direction, what, local: join(lab.local, ends.local), key: ends.key});
}

async function copyDurably(
  lab: S3Lab,
  {what, bytes}: S3Bench,
  direction: S3Move['direction'],
  to: string,
): Promise<number> {
  const [here, there] = [`here:${lab.local}`, 'bench:'];
  const [from, destination] = direction === 'put' ? [`${here}/`, there] : [there, `${here}/`];
  const start = performance.now();
  const source = `${from}corpus/${what === 'file' ? 'file' : ''}`;
  const handle = await lab.client.copy({sources: [source], destination: `${destination}${to}/`});
  const result = await handle.result();
  const milliseconds = performance.now() - start;
  if (result.outcome !== 'succeeded' || result.counts.sentBytes !== bytes) throw new Error(JSON.stringify(result));
  return milliseconds;
}

async function engine(
  lab: S3Lab,
  {files, bytes}: S3Bench,
  {direction, to, verify}: {direction: S3Move['direction']; to: string; verify: 'hash' | 'size'},
): Promise<EngineResult> {
  const {endpoint, bucket, credentials} = lab.server;
  const result = await moveBetween(
    lab.local,
    {kind: 's3', endpoint, bucket, credentials},
    {direction: direction === 'put' ? 'stage' : 'collect', verify, from: 'corpus', to},
  );
  if (result.files !== files || result.bytes !== bytes) throw new Error(`${result.files} files, ${result.bytes} bytes`);
  return result;
}

async function hashed256(directory: string): Promise<number> {
  return (await run(['sh', '-c', `cd '${directory}' && find . -type f -print0 | xargs -0 sha256sum`])).milliseconds;
}

function isServerName(name: string): name is S3ServerName {
  return name in S3_SERVERS;
}
