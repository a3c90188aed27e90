import {mkdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {copyDurably, type DurableLab} from './durable.js';
import {type EngineResult, moveApart, peakMemory} from './engine.js';
import {hashBothSides} from './hashes.js';
import {type Direction, DIRECTIONS, makeFile, run, settle} from './lab.js';
import {bestRclone, type FilePeer, movedDirectories} from './peers/file-peers.js';
import {type BenchReport, cpuNote, memoryRow, ratioRow, type Row} from './report.js';
import {scaled} from './scale.js';

const BYTES = scaled(2 ** 30);

export interface Rival {
  readonly peer: FilePeer;
  /** How many times as fast Waybill is to be: proved against proved, and unproved against unproved. */
  readonly proved?: number;
  readonly bare?: number;
}

export interface OneFileBench {
  readonly name: string;
  readonly runs: number;
  /** Programs of OpenSSH: followed by `sha256sum` on both sides they count as proved. */
  readonly rivals: readonly Rival[];
  /** How many times as fast as rclone, which proves by itself. */
  readonly rclone: number;
}

interface Times {
  readonly name: string;
  readonly rival?: Rival;
  readonly bare: number[];
  readonly proved: number[];
}

/** One file of 1 GiB each way, against other programs, in turns. */
export async function oneFile(lab: DurableLab, bench: OneFileBench): Promise<BenchReport> {
  const [here = '', there = ''] = [lab.local, lab.remote].map((side) => join(side, 'corpus/file'));
  await makeFile(here, BYTES);
  await mkdir(join(lab.remote, 'corpus'));
  await run(['cp', here, there]);
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const direction of DIRECTIONS) {
    const report = await oneWay(lab, bench, direction);
    rows.push(...report.rows);
    notes.push(...report.notes);
  }
  rows.push(memoryRow(`${bench.name}: worker`, [await peakMemory(await lab.stack.workerPid())]));
  return {rows, notes};
}

async function oneWay(lab: DurableLab, bench: OneFileBench, direction: Direction): Promise<BenchReport> {
  const {name, runs, rivals} = bench;
  const title = `${name}: ${direction}`;
  const rclones = {
    proved: await fresh(lab, direction, () => bestRclone(lab, direction, true)),
    bare: await fresh(lab, direction, () => bestRclone(lab, direction, false)),
  };
  const durable: number[] = [];
  const hashed: EngineResult[] = [];
  const bare: EngineResult[] = [];
  const peers: Times[] = [
    ...rivals.map((rival) => ({name: rival.peer.name, rival, bare: [], proved: []})),
    {name: 'rclone', bare: [], proved: []},
  ];
  for (let count = 0; count < runs; count++) {
    durable.push(await fresh(lab, direction, () => copy(lab, direction)));
    for (const times of peers) {
      const {peer} = times.rival ?? {peer: rclones.bare};
      const moved = await fresh(lab, direction, async () => {
        const milliseconds = await peer.move(lab, direction);
        if (times.rival)
          times.proved.push(milliseconds + (await hashBothSides(lab, ...movedDirectories(lab, direction))));
        return milliseconds;
      });
      times.bare.push(moved);
      if (!times.rival) times.proved.push(await fresh(lab, direction, () => rclones.proved.move(lab, direction)));
    }
    hashed.push(await fresh(lab, direction, () => engine(lab, direction, 'hash')));
    bare.push(await fresh(lab, direction, () => engine(lab, direction, 'size')));
    console.log(`${title}: run ${count + 1} of ${runs}`);
  }
  const milliseconds = (results: readonly EngineResult[]) => results.map((result) => result.milliseconds);
  const proved = peers.map(({name: peer, rival, proved: values}) => ({
    peer: {name: rival ? `${peer}, sha256sum ×2` : rclones.proved.name, values},
    target: rival ? rival.proved : bench.rclone,
  }));
  return {
    rows: [
      ...proved.map(({peer, target}) => ratioRow(title, milliseconds(hashed), peer, target)),
      ...proved.map(({peer, target}) => ratioRow(`${title}, durable`, durable, peer, target)),
      ...peers.map(({name: peer, rival, bare: values}) =>
        ratioRow(
          `${title}, size check`,
          milliseconds(bare),
          {name: rival ? peer : `${rclones.bare.name}, no hashes`, values},
          rival?.bare,
        ),
      ),
      memoryRow(
        title,
        [...hashed, ...bare].map(({peakKiB}) => peakKiB),
      ),
    ],
    notes: [cpuNote(title, {proved: hashed, 'with a size check': bare})],
  };
}

/** Runs with an empty `moved` on the side that receives, which is removed afterwards. */
async function fresh<T>(lab: DurableLab, direction: Direction, work: () => Promise<T>): Promise<T> {
  await settle();
  const moved = join(direction === 'stage' ? lab.remote : lab.local, 'moved');
  await mkdir(moved);
  try {
    return await work();
  } finally {
    await rm(moved, {recursive: true});
  }
}

async function copy(lab: DurableLab, direction: Direction): Promise<number> {
  const [here, there] = [`here:${lab.local}`, `lab:${lab.remote}`];
  const [from, to] = direction === 'stage' ? [here, there] : [there, here];
  const {milliseconds, result} = await copyDurably(lab, `${from}/corpus/file`, `${to}/moved/`);
  if (result.counts.sentBytes !== BYTES) throw new Error(`${result.counts.sentBytes} bytes sent`);
  return milliseconds;
}

async function engine(lab: DurableLab, direction: Direction, verify: 'hash' | 'size'): Promise<EngineResult> {
  const result = await moveApart(lab, {direction, verify, from: 'corpus', to: 'moved'});
  if (result.bytes !== BYTES) throw new Error(`${result.bytes} bytes moved`);
  return result;
}
