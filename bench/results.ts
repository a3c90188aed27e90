import {formatTable, type BenchReport} from './report.js';

const INTRO = [
  '# Measured',
  '',
  "A section for each bench, with its own date and machine. `npm run bench -- NAME…` measures those named again and leaves the others' sections as they are.",
].join('\n');

export interface Circumstances {
  readonly date: Date;
  /** How many times each side did the work. */
  readonly runs: number;
  /** Load averages of 1, 5 and 15 minutes. */
  readonly before: string;
  readonly after: string;
  /** What `describeMachine` says. */
  readonly machine: readonly string[];
}

/** One bench, as its section of the results says it. */
export function formatSection({rows, notes}: BenchReport, {date, runs, before, after, machine}: Circumstances): string {
  const often = runs === 1 ? 'one run' : `medians of ${runs} runs (lowest–highest)`;
  return [
    `${date.toISOString().slice(0, 10)}, ${often}, in turns with what it is compared with. Load average of 1, 5 and 15 minutes before: ${before}; after: ${after}; above the number of processors, other work has slowed down both sides.`,
    `${machine.join('. ')}.`,
    formatTable(rows),
    ...notes,
  ].join('\n\n');
}

/**
 * The results with the section of one bench new, and those of the others as they were, in the order of `benches`. What is
 * no bench any more is left out: nothing could measure it again.
 */
export function withSection(results: string, name: string, section: string, benches: readonly string[]): string {
  const sections = sectionsOf(results).set(name, section);
  const kept = benches.flatMap((bench) => {
    const body = sections.get(bench);
    return body === undefined ? [] : [`## ${bench}\n\n${body}`];
  });
  return `${[INTRO, ...kept].join('\n\n')}\n`;
}

function sectionsOf(results: string): Map<string, string> {
  const [, ...sections] = `\n${results}`.split('\n## ');
  return new Map(
    sections.map((text) => {
      const [name = '', ...body] = text.split('\n');
      return [name.trim(), body.join('\n').trim()];
    }),
  );
}
