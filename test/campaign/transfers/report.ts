import {availableParallelism} from 'node:os';
import {loadAverage} from '../../../bench/machine.js';
import type {TransferResult} from '../../../src/contracts/transfer.js';
import type {Campaign} from '../work.js';
import {KINDS, PLACES} from './plan.js';
import type {RoundReport} from './round.js';
import type {Running} from './running.js';
import type {Blow} from './strike.js';

export interface TransferCampaign extends Campaign {
  readonly reports: readonly RoundReport[];
  /** What the rate depends on, a line each. */
  readonly machine: readonly string[];
}

const MIB = 1024 * 1024;

/** Transfers whose bytes were moving when a strike took away what moved them: each once. */
export function interrupted(reports: readonly RoundReport[]): number {
  return hitIds(reports).size;
}

/** What was done, what it cost and what did not hold, as Markdown. */
export function writeReport({reports, complaints, machine, ...campaign}: TransferCampaign): string {
  const transfers = reports.flatMap((report) => report.transfers);
  const blows = reports.flatMap((report) => report.blows);
  const hit = hitIds(reports);
  const results = transfers.flatMap(({settled}) => resultOf(settled()));
  const sum = (pick: (result: TransferResult) => number) => results.reduce((all, result) => all + pick(result), 0);
  const mebibytes = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`;
  const perHit = blows.reduce((all, blow) => all + blow.hit.length, 0);
  return [
    `# Campaign: ${hit.size} interrupted transfers, ${complaints.length} failures`,
    '',
    `${new Date().toISOString().slice(0, 10)}, \`${campaign.command}\`: ${transfers.length} transfers in ${campaign.rounds} rounds, ${blows.length} strikes, ${Math.round(campaign.seconds)} s.`,
    `${(transfers.length / Math.max(1, reports.length)).toFixed(1)} transfers were started at once, and ${((hit.size * 60) / Math.max(1, campaign.seconds)).toFixed(0)} were interrupted a minute, servers, checks and the replay of every history included.`,
    '',
    ...machine.map((line) => `- ${line}`),
    `- Load average of 1, 5 and 15 minutes at the end: ${loadAverage()} on ${availableParallelism()} processors.`,
    '',
    `${hit.size} transfers were interrupted, ${perHit} times in all: bytes of theirs were seen at the destination or in the record of their worker, and the`,
    'worker, the server or the line that they used went away before the last file was there. Those that only a slow line or a restart of Temporal met are not counted.',
    '',
    '| strike | dealt | under way | interrupted |',
    '|---|--:|--:|--:|',
    ...KINDS.map((kind) => {
      const of = blows.filter((blow) => blow.kind === kind);
      const count = (pick: (blow: Blow) => number) => of.reduce((all, blow) => all + pick(blow), 0);
      return `| ${kind} | ${of.length} | ${count(({underWay}) => underWay)} | ${count((blow) => blow.hit.length)} |`;
    }),
    '',
    `Of the damage: ${damageOf(reports)}.`,
    '',
    'Interrupted transfers by pair, of those that were started; from the left, to the top:',
    '',
    `| | ${PLACES.join(' | ')} |`,
    `|---|${PLACES.map(() => '--:').join('|')}|`,
    ...PLACES.map((from) => `| ${from} | ${PLACES.map((to) => pairCell(transfers, hit, from, to)).join(' | ')} |`),
    '',
    `${sum(({counts}) => counts.files)} files, ${mebibytes(sum(({counts}) => counts.bytes))}. The last attempts sent ${mebibytes(sum(({counts}) => counts.sentBytes))}, ${mebibytes(sum(({counts}) => counts.resentBytes))} of which had been there before,`,
    `and proved ${mebibytes(sum(({counts}) => counts.resumedBytes))} instead of sending them again. ${reports.reduce((all, {seenEarly}) => all + seenEarly, 0)} files were read at the destination while their transfer ran.`,
    '',
    complaints.length === 0
      ? `No failure: bytes, modes, times, links and empty directories equal, nothing unfinished visible at any time, one line for each file in the manifest, nothing left behind at the places, in the journal or with the workers; ${campaign.started.length} transfers replayed.`
      : ['Failures:', '', ...complaints.map((complaint) => `- ${complaint}`)].join('\n'),
    '',
  ].join('\n');
}

function hitIds(reports: readonly RoundReport[]): ReadonlySet<string> {
  return new Set(reports.flatMap(({blows}) => blows.flatMap((blow) => blow.hit)));
}

function resultOf(settled: TransferResult | Error | undefined): readonly TransferResult[] {
  return settled === undefined || settled instanceof Error ? [] : [settled];
}

function damageOf(reports: readonly RoundReport[]): string {
  const done = new Map<string, number>();
  for (const {kind, details = ''} of reports.flatMap(({blows}) => blows)) {
    if (kind !== 'damage') continue;
    for (const [, count, what = ''] of details.matchAll(/(\d+) × ([^,]+)/g)) {
      done.set(what, (done.get(what) ?? 0) + Number(count));
    }
  }
  return [...done].map(([what, count]) => `${count} × ${what}`).join(', ') || 'nothing';
}

function pairCell(transfers: readonly Running[], hit: ReadonlySet<string>, from: string, to: string): string {
  const pair = transfers.filter(({plan}) => plan.from === from && plan.to === to);
  return `${pair.filter(({id}) => hit.has(id)).length} of ${pair.length}`;
}
