import {CIPHER} from '../../../bench/lab.js';
import {describeMachine} from '../../../bench/machine.js';
import type {Work, WorkOptions} from '../work.js';
import {openLab} from './lab.js';
import {planRound} from './plan.js';
import {interrupted, writeReport} from './report.js';
import {playRound, type RoundReport} from './round.js';

export interface TransfersOptions extends WorkOptions {
  /** Goes on until so many transfers were interrupted, also where `kills` are dealt. */
  readonly interrupted: number;
}

/** Trees over every pair of stores, several at once, while workers, servers and lines are struck. */
export async function transfers(options: TransfersOptions): Promise<Work> {
  const machine = await describeMachine(CIPHER);
  const lab = await openLab(options.root);
  const reports: RoundReport[] = [];
  const strikes = () => reports.reduce((sum, {blows}) => sum + blows.length, 0);
  return {
    mostRounds: Math.max(4, options.kills, options.interrupted),
    wantsMore: () => strikes() < options.kills || interrupted(reports) < options.interrupted,
    again: '',
    play: async (number) => {
      const began = Date.now();
      const report = await playRound(lab, options.seed, planRound(options.seed, number));
      reports.push(report);
      const seconds = ((Date.now() - began) / 1000).toFixed(0);
      const dealt = report.blows.map(
        ({kind, underWay, hit, details}) => `${kind}${details ? ` (${details})` : ''} hit ${hit.length} of ${underWay}`,
      );
      return {
        started: report.transfers.map(({id}) => id),
        complaints: report.complaints,
        summary: `${report.transfers.length} transfers, ${interrupted([report])} interrupted, ${seconds} s: ${dealt.join('; ')}`,
      };
    },
    close: (started, before) => lab.close(started, before),
    report: (campaign) => writeReport({...campaign, reports, machine}),
  };
}
