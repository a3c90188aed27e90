import type {TransferOutcome} from '../../contracts/catalog.js';
import {noCounts, type TransferCounts, type TransferNote} from '../../contracts/transfer.js';
import type {FileOutcome} from '../file-outcome.js';
import type {RefusedEntry} from '../planned-file.js';

/** What a list of outcomes comes to. Directories count as entries alone: making one says nothing of a file. */
export function countsOf(outcomes: readonly FileOutcome[]): TransferCounts {
  const counts: {-readonly [K in keyof TransferCounts]: number} = {...noCounts};
  for (const outcome of outcomes) {
    counts.entries++;
    if (outcome.outcome === 'failed') counts.failed++;
    else if (outcome.kind !== 'directory') counts[outcome.outcome]++;
    if (outcome.kind === 'file') counts.files++;
    counts.bytes += outcome.size;
    counts.sentBytes += outcome.sentBytes;
    if (outcome.outcome === 'failed') continue;
    counts.resumedBytes += outcome.resumedBytes;
    counts.resentBytes += outcome.resentBytes;
  }
  return counts;
}

/** What has no content to lose, or was left out as asked, fails nothing; a name that cannot be carried is a file that is lost. */
const leftOutCodes: readonly string[] = [
  'source.special-file',
  'source.too-large',
  'link.leaves-root',
  'link.not-followed',
];

export function isLeftOut({refused}: RefusedEntry): boolean {
  return leftOutCodes.includes(refused.code);
}

/** As the counts have it: what has no content to lose fails nothing. */
export function outcomeOfRefused(entry: RefusedEntry): TransferOutcome {
  const {name, refused} = entry;
  if (isLeftOut(entry)) return {outcome: 'left-out', name, ...refused};
  return {
    outcome: 'failed',
    ...{name, kind: 'file', size: 0, ...refused, retryable: false, sentBytes: 0, durationMs: 0},
  };
}

export function noteOf({name, refused}: RefusedEntry): TransferNote {
  return {name, code: refused.code, message: refused.message};
}

export function failuresOf(outcomes: readonly FileOutcome[]): readonly TransferNote[] {
  return outcomes.flatMap((outcome) => {
    if (outcome.outcome !== 'failed') return [];
    const {name, code, message} = outcome;
    return [{name, code, message}];
  });
}
