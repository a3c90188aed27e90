import {mkdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {copyCommand, type DurableLab, withDurableLab} from './durable.js';
import {makeFile, run, settle} from './lab.js';
import {processorTime, processorTimeOfChildren} from './processor-time.js';
import {type BenchReport, limitRow} from './report.js';
import {scaled} from './scale.js';
import {median, spread} from './statistics.js';

const GIB = scaled(2 ** 30);
const SMALL = 1;
const LARGE = 8;

const FIXED_LIMIT_MS = 400;
const SLOPE_LIMIT_PERCENT = 3;

const WAYS = ['durable', 'direct'] as const;
type Way = (typeof WAYS)[number];

/** One file of 1 and of 8 GiB over SSH, by `waybill copy` and by `waybill copy --direct`: what Temporal costs. */
export async function durableCost(runs: number): Promise<BenchReport> {
  return await withDurableLab(async (lab) => {
    for (const gibibytes of [SMALL, LARGE]) await makeFile(join(lab.local, `${gibibytes}`), gibibytes * GIB);
    await mkdir(join(lab.remote, 'moved'));
    const costs: Record<string, Cost[]> = {};
    for (let count = 0; count < runs; count++) {
      for (const gibibytes of [SMALL, LARGE]) {
        for (const way of count % 2 === 0 ? WAYS : WAYS.toReversed()) {
          (costs[`${way} ${gibibytes}`] ??= []).push(await copy(lab, way, gibibytes));
        }
      }
      const took = Object.entries(costs).map(
        ([what, each]) => `${what} GiB ${((each[count]?.milliseconds ?? 0) / 1000).toFixed(2)} s`,
      );
      console.log(`durable-cost: run ${count + 1} of ${runs}: ${took.join(', ')}`);
    }
    const of = (kind: keyof Cost, way: Way, gibibytes: number) =>
      (costs[`${way} ${gibibytes}`] ?? []).map((cost) => cost[kind]);
    // Of each run by itself, whose four copies follow one another: what the disk does changes in minutes.
    const linesOf = (kind: keyof Cost) =>
      Array.from({length: runs}, (_, run) => {
        const line = (way: Way) => lineThrough(at(of(kind, way, SMALL), run), at(of(kind, way, LARGE), run));
        return {durable: line('durable'), direct: line('direct')};
      });
    const lines = linesOf('milliseconds');
    const processor = linesOf('processorMilliseconds');
    const more = median(lines.map(({durable, direct}) => durable.fixed - direct.fixed));
    const steeper = median(lines.map(({durable, direct}) => (durable.slope / direct.slope - 1) * 100));
    const compared = (gibibytes: number) => ({
      ours: spread(of('milliseconds', 'durable', gibibytes), 's'),
      peer: `--direct: ${spread(of('milliseconds', 'direct', gibibytes), 's')}`,
    });
    return {
      rows: [
        limitRow('durable-cost: 1 GiB, what does not grow', compared(SMALL), more, FIXED_LIMIT_MS, 'ms more'),
        limitRow('durable-cost: 8 GiB, what grows', compared(LARGE), steeper, SLOPE_LIMIT_PERCENT, '% more'),
      ],
      notes: [
        `durable-cost: whole commands; a line through 1 and 8 GiB of each run, and the medians of those: durable ${text(lines.map(({durable}) => durable))}, --direct ${text(lines.map(({direct}) => direct))}.`,
        `durable-cost: processor time of the command, the worker and Temporal together, the same way: durable ${text(processor.map(({durable}) => durable))}, --direct ${text(processor.map(({direct}) => direct))}.`,
      ],
    };
  });
}

/** Milliseconds that a copy takes whatever it moves, and those for each GiB. */
interface Line {
  readonly fixed: number;
  readonly slope: number;
}

function lineThrough(small: number, large: number): Line {
  const slope = (large - small) / (LARGE - SMALL);
  return {fixed: small - slope * SMALL, slope};
}

function at(values: readonly number[], run: number): number {
  const value = values[run];
  if (value === undefined) throw new Error(`run ${run} was not measured`);
  return value;
}

function text(lines: readonly Line[]): string {
  const [fixed, slope] = [median(lines.map((line) => line.fixed)), median(lines.map((line) => line.slope))];
  return `${fixed.toFixed(0)} ms and ${slope.toFixed(0)} ms for each GiB`;
}

interface Cost {
  readonly milliseconds: number;
  /** Of the command and of the stack, which runs beside both ways. */
  readonly processorMilliseconds: number;
}

async function copy(lab: DurableLab, way: Way, gibibytes: number): Promise<Cost> {
  const moved = join(lab.remote, 'moved');
  const source = join(lab.local, `${gibibytes}`);
  // Into memory for both: else what comes second alone may find it there.
  await run(['dd', `if=${source}`, 'of=/dev/null', 'bs=4M']);
  await settle();
  const pids = await lab.stack.pids();
  const processorTimeSoFar = async () => (await processorTime(pids)) + (await processorTimeOfChildren());
  const before = await processorTimeSoFar();
  const milliseconds = await copyCommand(lab, [
    ...(way === 'direct' ? ['--direct', source] : [`here:${source}`]),
    `lab:${moved}/`,
  ]);
  const processorMilliseconds = (await processorTimeSoFar()) - before;
  await rm(join(moved, `${gibibytes}`));
  return {milliseconds, processorMilliseconds};
}
