import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** Set for the test processes: where each suite that has run leaves its mark. */
export const MARKS_VARIABLE = 'WAYBILL_CONTRACT_MARKS';

/** Notes that a suite of this run has run all its tests. Does nothing outside of a run that collects marks. */
export function markAsRun(suite: string): void {
  const directory = process.env[MARKS_VARIABLE];
  if (directory === undefined) return;
  mkdirSync(directory, {recursive: true});
  writeFileSync(markOf(directory, suite), '');
}

/** Those of `suites` that left no mark. */
export function suitesWithoutMark(directory: string, suites: readonly string[]): string[] {
  return suites.filter((suite) => {
    try {
      readFileSync(markOf(directory, suite));
      return false;
    } catch {
      return true;
    }
  });
}

function markOf(directory: string, suite: string): string {
  return join(directory, encodeURIComponent(suite));
}
