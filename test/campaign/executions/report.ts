import {availableParallelism, loadavg} from 'node:os';
import type {Blow} from './blow.js';
import {BETWEEN_MS} from './history.js';
import {KINDS, type Kind, PHASES, type Phase} from './plan.js';
import type {Resent} from './verify.js';
import type {Campaign} from '../work.js';

export interface ExecutionCampaign extends Campaign {
  readonly blows: readonly Blow[];
  readonly missed: number;
  readonly resent: readonly Resent[];
}

const MIB = 1024 * 1024;

export function landed(blows: readonly Blow[], kind: Kind, phase: Phase): readonly Blow[] {
  return blows.filter(({strike, inTime}) => strike.kind === kind && strike.phase === phase && inTime);
}

/** What was done, what it cost and what did not hold, as Markdown. */
export function writeReport(campaign: ExecutionCampaign): string {
  const {blows, resent, complaints} = campaign;
  const kills = blows.filter(({strike, inTime}) => strike.kind === 'worker-kill' && inTime);
  const hit = blows.reduce((sum, {open}) => sum + open.length, 0);
  const fallible = resent.filter(({allowed, held}) => allowed < held);
  const tookUp = kills.flatMap(({firstByteAt, restartedAt}) => difference(firstByteAt, restartedAt));
  return [
    `# Campaign: ${kills.length} kills, ${complaints.length} failures`,
    '',
    `${new Date().toISOString().slice(0, 10)}, \`${campaign.command}\`: ${campaign.started.length} executions in ${campaign.rounds} rounds, ${Math.round(campaign.seconds)} s.`,
    `${(hit / Math.max(1, blows.length)).toFixed(1)} executions were under way under each strike. Load average ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')} on ${availableParallelism()} processors.`,
    '',
    'Strikes that hit an execution in the phase, seen at its files, its marks and its history. Others that came too late, and',
    `count for nothing but their executions had to hold all the same: ${blows.filter(({inTime}) => !inTime).length}; due and never dealt: ${campaign.missed}.`,
    '',
    `| strike | ${PHASES.join(' | ')} |`,
    `|---|${PHASES.map(() => '--:').join('|')}|`,
    ...KINDS.map((kind) => `| ${kind} | ${PHASES.map((phase) => landed(blows, kind, phase).length).join(' | ')} |`),
    '',
    `\`between\`: at most ${BETWEEN_MS} ms before or after the server noted the end of a step.`,
    '',
    '| of worker kills | n | least | median | 9 of 10 below | most |',
    '|---|--:|--:|--:|--:|--:|',
    row('restart to first new byte, s', tookUp, 1000),
    row(
      'restart to next event of the history, between steps, s',
      kills.flatMap(({wentOnAt, restartedAt}) => difference(wentOnAt, restartedAt)),
      1000,
    ),
    row(
      'sent again, MiB',
      resent.map(({bytes}) => bytes),
      MIB,
    ),
    row(
      'proved and not sent again, MiB',
      resent.map(({provedBytes}) => provedBytes),
      MIB,
    ),
    '',
    `Sent again at most 2 s of what was measured and one block: ${resent.filter(({bytes, allowed}) => bytes <= allowed).length} of ${resent.length} transfers,`,
    `${fallible.length} of which had more than that to lose.`,
    '',
    complaints.length === 0
      ? `No failure: bytes equal, commands started once, one terminal outcome, nothing left behind; ${campaign.started.length} histories replayed.`
      : ['Failures:', '', ...complaints.map((complaint) => `- ${complaint}`)].join('\n'),
    '',
  ].join('\n');
}

function difference(later: number | undefined, earlier: number | undefined): readonly number[] {
  return later === undefined || earlier === undefined ? [] : [later - earlier];
}

function row(title: string, values: readonly number[], unit: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return value === undefined ? '–' : (value / unit).toFixed(1);
  };
  return `| ${title} | ${sorted.length} | ${at(0)} | ${at(0.5)} | ${at(0.9)} | ${at(1)} |`;
}
