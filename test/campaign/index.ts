// npm run campaign -- --seed S --kills N [--targets local,gpu] [--phase PHASE] [--round R] [--report FILE]
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {openLine, type Line} from '../../dev/demo/line.js';
import {startTestStack} from '../e2e/stack.js';
import {KINDS, type Phase, PHASES, planRound, type Round, type TargetName, TARGETS} from './plan.js';
import {landed, writeReport} from './report.js';
import {playRound, type RoundReport} from './round.js';

/** As slow as a real line, so that a transfer takes seconds and what is sent again can be too much. */
const LINE_BYTES_PER_SECOND = 24e6;

/** Rounds that kills may need at most: strikes that come too late are dealt again in later rounds. */
const MOST_ROUNDS_PER_KILL = 0.75;

const options = readOptions();
const began = Date.now();
let line: Line | undefined;
const root = await mkdtemp(join(tmpdir(), 'waybill-campaign-'));
const stack = await startTestStack({
  line: async (sshdPort) => {
    line = await openLine(sshdPort, LINE_BYTES_PER_SECOND);
    return line.port;
  },
});
// The round under way is finished, looked at and reported; the same signal again ends at once.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(1);
    console.log('Ending after this round.');
    stop.abort();
  });
}
const reports: RoundReport[] = [];
const complaints: string[] = [];
try {
  for (const round of rounds()) {
    const report = await playRound(stack, root, options.seed, round);
    reports.push(report);
    complaints.push(...report.complaints);
    tell(round, report);
  }
} finally {
  try {
    await stack.close(reports.flatMap(({started}) => started));
  } catch (error) {
    complaints.push(error instanceof Error ? error.message : String(error));
  }
  await line?.close();
  await rm(root, {recursive: true, force: true});
  await finish();
}

/** One round after the other until every phase was hit often enough, or the one that was asked for. */
function* rounds(): Generator<Round> {
  if (options.round !== undefined) {
    yield planRound(options.seed, options.round, options.targets, options.phases);
    return;
  }
  const quota = Math.ceil(options.kills / options.phases.length);
  const most = Math.max(4, Math.ceil(options.kills * MOST_ROUNDS_PER_KILL));
  for (let number = 1; number <= most; number += 1) {
    const blows = reports.flatMap((report) => report.blows);
    const wanted = options.phases.filter((phase) => landed(blows, 'worker-kill', phase).length < quota);
    if (wanted.length === 0 || stop.signal.aborted) return;
    const round = planRound(options.seed, number, options.targets, options.phases);
    yield {...round, strikes: round.strikes.filter(({phase}) => wanted.includes(phase))};
  }
  complaints.push(`after ${most} rounds not every phase was hit ${quota} times`);
}

function tell(round: Round, report: RoundReport): void {
  for (const {underWay, ...blow} of report.blows) {
    console.log(
      JSON.stringify({...blow, underWay: underWay.map(({activity, executionId}) => `${executionId} ${activity}`)}),
    );
  }
  const held = report.complaints.length === 0 ? 'all hold' : `${report.complaints.length} FAILURES`;
  console.log(`round ${round.number}: ${report.started.length} executions, ${report.blows.length} strikes, ${held}`);
  for (const complaint of report.complaints) console.log(`  ${complaint}`);
  if (report.complaints.length > 0) {
    const {seed, targets, phases} = options;
    console.log(
      `  again: npm run campaign -- --seed ${seed} --targets ${targets.join(',')}${phases.length === 1 ? ` --phase ${phases[0] ?? ''}` : ''} --round ${round.number}`,
    );
  }
}

async function finish(): Promise<void> {
  const blows = reports.flatMap((report) => report.blows);
  const executions = reports.reduce((sum, {started}) => sum + started.length, 0);
  const given = process.argv
    .slice(2)
    .join(' ')
    .replace(/ *--report \S+/, '');
  const text = writeReport({
    ...{seed: options.seed, kills: options.kills, rounds: reports.length, executions, blows, complaints},
    seconds: (Date.now() - began) / 1000,
    command: `npm run campaign -- ${given}`,
    missed: reports.reduce((sum, {missed}) => sum + missed.length, 0),
    resent: reports.flatMap(({resent}) => resent),
    replayed: executions,
  });
  console.log(`\n${text}`);
  const byPhase = options.phases.map((phase) => `${landed(blows, 'worker-kill', phase).length} ${phase}`).join(', ');
  const further = KINDS.slice(1).map((kind) => `${blows.filter(({strike}) => strike.kind === kind).length} ${kind}`);
  console.log(
    `seed ${options.seed}: worker killed ${byPhase}; ${further.join(', ')}; ${executions} executions, ${complaints.length} failures`,
  );
  if (complaints.length > 0) process.exitCode = 1;
  if (options.report !== undefined) await writeFile(options.report, text);
}

function readOptions() {
  const text = {type: 'string'} as const;
  const {values} = parseArgs({
    options: {seed: text, kills: text, targets: text, phase: text, round: text, report: text},
  });
  const seed = whole('--seed', values.seed ?? String(Date.now() % 1_000_000));
  const targets = (values.targets ?? TARGETS.join(',')).split(',').map((name) => oneOf('--targets', name, TARGETS));
  const phases: readonly Phase[] = values.phase === undefined ? PHASES : [oneOf('--phase', values.phase, PHASES)];
  return {
    seed,
    kills: whole('--kills', values.kills ?? '120'),
    targets: targets satisfies readonly TargetName[],
    phases,
    ...(values.round === undefined ? {} : {round: whole('--round', values.round)}),
    ...(values.report === undefined ? {} : {report: values.report}),
  };
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${option} takes a whole number`);
  return value;
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((value) => value === text);
  if (found === undefined) throw new Error(`${option}: ${text} is none of ${known.join(', ')}`);
  return found;
}
