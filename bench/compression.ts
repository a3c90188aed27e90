import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {openLocalStore} from '../src/stores/local/store.js';
import {openS3Store} from '../src/stores/s3/store.js';
import type {Store} from '../src/stores/store.js';
import type {FileOutcome} from '../src/transfer/file-outcome.js';
import {moveSegment} from '../src/transfer/move-segment.js';
import type {PlannedFile} from '../src/transfer/planned-file.js';
import {withOriginals} from '../src/transfer/index.js';
import {TEXTS, generateText} from '../src/transfer/testing/texts.js';
import {startMinio} from '../test/servers/minio.js';
import {settle, withLab} from './lab.js';
import type {BenchReport, Row} from './report.js';
import {scaled} from './scale.js';
import {median, spread} from './statistics.js';

const BYTES = scaled(256 * 2 ** 20, 16 * 2 ** 20);

interface Moved {
  readonly milliseconds: number;
  /** Processor time of all threads of this process, in milliseconds. */
  readonly cpu: number;
  readonly outcome: FileOutcome;
}

/** Texts into a store and back, compressed on their way and as they are. */
export async function compression(runs: number): Promise<BenchReport> {
  return await withLab(async ({local}) => {
    const server = await startMinio();
    const disk = openLocalStore({name: 'disk', root: local});
    const minio = openS3Store({name: 'minio', ...server});
    try {
      const rows: Row[] = [];
      for (const kind of Object.keys(TEXTS).filter(isKind)) {
        await generateText(join(local, kind), kind, BYTES);
        rows.push(...(await ofKind({disk, minio, local}, kind, runs)));
        await rm(join(local, kind));
      }
      const note = `compression: ${BYTES / 2 ** 20} MiB of each kind of text to MinIO on loopback and back, proved, by the engine alone. On a slower line what is saved in bytes is saved in time.`;
      return {rows, notes: [note]};
    } finally {
      await disk.close();
      await minio.close();
      await server.close();
    }
  });
}

interface Places {
  readonly disk: Store;
  readonly minio: Store;
  /** Where `disk` is. */
  readonly local: string;
}

async function ofKind({disk, minio, local}: Places, kind: string, runs: number): Promise<Row[]> {
  const entry = await disk.stat(kind);
  if (entry === undefined) throw new Error(`${kind} is not there`);
  const {size, mode, modifiedAt, identity} = entry;
  const plain: PlannedFile = {name: kind, kind: 'file', size, mode, modifiedAt, ...(identity ? {identity} : {})};
  const back: PlannedFile = {name: kind, kind: 'file', size, mode, modifiedAt};
  const times: Record<Way, Moved[]> = {inCompressed: [], inPlain: [], outCompressed: [], outPlain: []};
  for (let count = 0; count < runs; count++) {
    const compressed = {...plain, compressAs: `${kind}.gz`};
    times.inCompressed.push(await move(disk, minio, compressed, '', `c-${count}`));
    times.inPlain.push(await move(disk, minio, plain, '', `p-${count}`));
    const originals = withOriginals(minio, new Set([`c-${count}/${kind}.gz`]));
    const from = {...back, source: `${kind}.gz`};
    times.outCompressed.push(await move(originals, disk, from, `c-${count}`, `c-${count}`));
    times.outPlain.push(await move(minio, disk, back, `p-${count}`, `p-${count}`));
    for (const name of [`c-${count}`, `p-${count}`]) {
      await minio.removeTree(name);
      await rm(join(local, name), {recursive: true});
    }
    console.log(`compression: ${kind}: run ${count + 1} of ${runs}`);
  }
  const [first] = times.inCompressed;
  const stored = first?.outcome.outcome === 'copied' ? first.outcome.stored?.size : undefined;
  if (stored === undefined) throw new Error(`${kind} was not compressed`);
  const smaller = `${(size / stored).toFixed(2)}× smaller`;
  return [
    row(`compression: ${kind}, into the store`, times.inCompressed, times.inPlain, smaller),
    row(`compression: ${kind}, back`, times.outCompressed, times.outPlain, smaller),
  ];
}

type Way = 'inCompressed' | 'inPlain' | 'outCompressed' | 'outPlain';

async function move(from: Store, to: Store, file: PlannedFile, fromRoot: string, toRoot: string): Promise<Moved> {
  for (const directory of [toRoot, 'partials']) await to.makeDirectory(directory);
  await settle();
  const start = performance.now();
  const idle = process.cpuUsage();
  const {
    outcomes: [outcome],
  } = await moveSegment({
    ...{from, fromRoot, to, toRoot, partials: 'partials', owner: toRoot, files: [file]},
    ...{ifExists: 'keep', signal: new AbortController().signal},
  });
  const {user, system} = process.cpuUsage(idle);
  const milliseconds = performance.now() - start;
  if (outcome?.outcome !== 'copied') throw new Error(`not moved: ${JSON.stringify(outcome)}`);
  return {milliseconds, cpu: (user + system) / 1000, outcome};
}

function row(measure: string, compressed: readonly Moved[], plain: readonly Moved[], figure: string): Row {
  const told = (moved: readonly Moved[]) => {
    const cpu = median(moved.map((each) => each.cpu)) / 1000;
    return `${spread(
      moved.map(({milliseconds}) => milliseconds),
      's',
    )}, ${cpu.toFixed(2)} s of processor`;
  };
  return {measure, ours: told(compressed), peer: `as it is: ${told(plain)}`, figure, target: '–'};
}

function isKind(name: string): name is keyof typeof TEXTS {
  return name in TEXTS;
}
