import {median, spread} from './statistics.js';

export interface Row {
  readonly measure: string;
  readonly ours: string;
  readonly peer: string;
  readonly figure: string;
  readonly target: string;
  /** Undefined where there is no target. */
  readonly met?: boolean;
}

export interface BenchReport {
  readonly rows: readonly Row[];
  /** Printed below the table: breakdowns and what was compared with what. */
  readonly notes: readonly string[];
  /** Where it is another number than was asked for. */
  readonly runs?: number;
}

/** How many times as fast as the peer, by medians; both in milliseconds. */
export function ratioRow(
  measure: string,
  ours: readonly number[],
  peer: {readonly name: string; readonly values: readonly number[]},
  target?: number,
): Row {
  const ratio = median(peer.values) / median(ours);
  return {
    measure,
    ours: spread(ours, 's'),
    peer: `${peer.name}: ${spread(peer.values, 's')}`,
    figure: `${ratio.toFixed(2)}×`,
    target: target === undefined ? '–' : `≥ ${target.toFixed(1)}×`,
    ...(target === undefined ? {} : {met: ratio >= target}),
  };
}

const MEMORY_LIMIT_MIB = 400;

/** What must not be larger than a limit in the same unit. */
export function limitRow(
  measure: string,
  {ours, peer}: Pick<Row, 'ours' | 'peer'>,
  value: number,
  limit: number,
  unit: string,
): Row {
  const digits = limit < 100 ? 1 : 0;
  return {
    measure,
    ours,
    peer,
    figure: `${value.toFixed(digits)} ${unit}`,
    target: `≤ ${limit} ${unit}`,
    met: value <= limit,
  };
}

/** The highest of the peaks, which are in KiB. */
export function memoryRow(measure: string, peaks: readonly number[], limitMiB = MEMORY_LIMIT_MIB): Row {
  const highest = Math.max(...peaks) / 1024;
  return {
    measure: `${measure}: peak of resident memory`,
    ours: `${highest.toFixed(0)} MiB`,
    peer: '–',
    figure: `${highest.toFixed(0)} MiB`,
    target: `≤ ${limitMiB} MiB`,
    met: highest <= limitMiB,
  };
}

export function formatTable(rows: readonly Row[]): string {
  const lines = [
    ['Measure', 'Waybill', 'Compared with', 'Figure', 'Target', 'Met'],
    ...rows.map(({measure, ours, peer, figure, target, met}) => [
      measure,
      ours,
      peer,
      figure,
      target,
      met === undefined ? '–' : met ? 'yes' : 'no',
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const text = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  text.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  return text.join('\n');
}

export interface Cost {
  readonly peakKiB: number;
  readonly cpuMilliseconds: number;
}

/** By what was done with the bytes. Steadier than the clock where the machine does other work too. */
export function cpuNote(measure: string, costs: Readonly<Record<string, readonly Cost[]>>): string {
  const seconds = Object.entries(costs).map(([how, each]) => {
    const times = each.map((cost) => cost.cpuMilliseconds);
    return `${how} ${spread(times, 's')}`;
  });
  return `${measure}: processor time of Waybill's process, all threads: ${seconds.join('; ')}.`;
}
