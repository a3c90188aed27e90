import type {MovedFiles} from '../../src/contracts/activities.js';
import type {FailedOutcome, FileOutcome} from '../../src/transfer/file-outcome.js';
import type {RefusedEntry} from '../../src/transfer/planned-file.js';
import type {MovePlan} from './move-plan.js';

/** Failures and warnings that travel in the result; all of them are in the journal. */
const SHOWN = 20;

/** What has no content to lose is told and fails nothing; a file whose name cannot be carried is a file that is lost. */
const withoutContent: readonly string[] = ['source.special-file', 'link.leaves-root'];

export function movedFiles(plan: MovePlan, outcomes: readonly FileOutcome[]): MovedFiles {
  const failed = outcomes.filter((outcome): outcome is FailedOutcome => outcome.outcome === 'failed');
  const arrived = outcomes.filter((outcome) => outcome.outcome !== 'failed' && outcome.kind !== 'directory');
  const lost = plan.refused.filter((entry) => !withoutContent.includes(entry.refused.code));
  const left = plan.refused.filter((entry) => withoutContent.includes(entry.refused.code));
  return {
    totals: {
      files: arrived.length,
      bytes: sum(arrived.map((outcome) => outcome.size)),
      sentBytes: sum(outcomes.map((outcome) => outcome.sentBytes)),
      resumedBytes: sum(outcomes.map((outcome) => ('resumedBytes' in outcome ? outcome.resumedBytes : 0))),
      failedFiles: failed.length + lost.length,
      directories: outcomes.filter((outcome) => outcome.outcome !== 'failed' && outcome.kind === 'directory').length,
    },
    failures: [...failed.map(({name, code, message}) => ({name, code, message})), ...lost.map(told)].slice(0, SHOWN),
    warnings: left.slice(0, SHOWN).map(told),
    missing: plan.missing,
  };
}

function told({name, refused}: RefusedEntry) {
  return {name, ...refused};
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
