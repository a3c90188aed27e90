import {openLine} from '../../../dev/demo/line.js';
import {startTestStack} from '../../e2e/stack.js';
import {oneOf} from '../options.js';
import type {Played, Work, WorkOptions} from '../work.js';
import {KINDS, type Phase, PHASES, planRound, type TargetName, TARGETS} from './plan.js';
import {landed, writeReport} from './report.js';
import {playRound, type RoundReport} from './round.js';

/** As slow as a real line, so that a transfer takes seconds and what is sent again can be too much. */
const LINE_BYTES_PER_SECOND = 24e6;

/** Rounds that kills may need at most: strikes that come too late are dealt again in later rounds. */
const MOST_ROUNDS_PER_KILL = 0.75;

export interface ExecutionsOptions extends WorkOptions {
  readonly targets: readonly TargetName[];
  readonly phases: readonly Phase[];
}

/** Commands with inputs and outputs, hit while files are staged, between steps, while they run and while files are collected. */
export async function executions(options: ExecutionsOptions): Promise<Work> {
  const {seed, kills, root, targets, phases} = options;
  let closeLine = async (): Promise<void> => undefined;
  const stack = await startTestStack({
    line: async (sshdPort) => {
      const line = await openLine(sshdPort, LINE_BYTES_PER_SECOND);
      closeLine = () => line.close();
      return line.port;
    },
  });
  const reports: RoundReport[] = [];
  const quota = Math.ceil(kills / phases.length);
  const blows = () => reports.flatMap((report) => report.blows);
  const wanted = () => phases.filter((phase) => landed(blows(), 'worker-kill', phase).length < quota);
  return {
    mostRounds: Math.max(4, Math.ceil(kills * MOST_ROUNDS_PER_KILL)),
    wantsMore: () => wanted().length > 0,
    again: ` --targets ${targets.join(',')}${phases.length === 1 ? ` --phase ${phases[0] ?? ''}` : ''}`,
    play: async (number) => {
      const round = planRound(seed, number, targets, phases);
      const due = wanted();
      const strikes = due.length === 0 ? round.strikes : round.strikes.filter(({phase}) => due.includes(phase));
      const report = await playRound(stack, root, seed, {...round, strikes});
      reports.push(report);
      tellBlows(report);
      return played(report);
    },
    close: async (started, before) => {
      try {
        await stack.close(started, before);
      } finally {
        await closeLine();
      }
    },
    report: (campaign) => {
      const all = blows();
      const byPhase = phases.map((phase) => `${landed(all, 'worker-kill', phase).length} ${phase}`).join(', ');
      const further = KINDS.slice(1).map((kind) => `${all.filter(({strike}) => strike.kind === kind).length} ${kind}`);
      console.log(`worker killed ${byPhase}; ${further.join(', ')}; ${campaign.started.length} executions`);
      return writeReport({
        ...campaign,
        blows: all,
        missed: reports.reduce((sum, {missed}) => sum + missed.length, 0),
        resent: reports.flatMap(({resent}) => resent),
      });
    },
  };
}

export function targetsOf(text: string | undefined): readonly TargetName[] {
  return (text ?? TARGETS.join(',')).split(',').map((name) => oneOf('--targets', name, TARGETS));
}

export function phasesOf(text: string | undefined): readonly Phase[] {
  return text === undefined ? PHASES : [oneOf('--phase', text, PHASES)];
}

function tellBlows({blows}: RoundReport): void {
  for (const {underWay, ...blow} of blows) {
    const tasks = underWay.map(({activity, executionId}) => `${executionId} ${activity}`);
    console.log(JSON.stringify({...blow, underWay: tasks}));
  }
}

function played({started, blows, complaints}: RoundReport): Played {
  return {started, complaints, summary: `${started.length} executions, ${blows.length} strikes`};
}
