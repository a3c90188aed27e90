import type {DownloadedFile} from '../../client/api.js';
import type {MoveProgress} from '../../contracts/checkpoint.js';
import {type ErrorCode, errorFacts} from '../../contracts/error-codes.js';
import type {ExecutionResult} from '../../contracts/execution.js';
import {formatDuration} from '../amounts.js';
import type {FailureReport} from '../failure.js';
import {formatBytes} from '../terminal/bar.js';
import {printable} from '../terminal/printable.js';

/** Where a client looks for the store is not the client's to say. */
export const STORE_ADDRESS = 'Its address is the one that the worker gives: store.publicEndpoint there.';

/** How many names a line lists before it says how many more there are. */
export const LISTED = 10;

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `Downloaded 2 files: a.txt (12 B), b.bin (3.4 MB)`, empty directories after them; undefined where nothing was. */
export function downloadSentence(files: readonly DownloadedFile[]): string | undefined {
  const arrived = files.filter((file) => file.outcome !== 'failed');
  if (arrived.length === 0) return undefined;
  const there = arrived.filter((file) => file.type !== 'directory');
  const directories = arrived.filter((file) => file.type === 'directory');
  const names = [
    ...there.map((file) => `${printable(file.name)} (${formatBytes(file.size)})`),
    ...directories.map((directory) => `${printable(directory.name)}/`),
  ].slice(0, LISTED);
  const counts = [
    ...(there.length > 0 ? [plural(there.length, 'file')] : []),
    ...(directories.length > 0
      ? [`${directories.length} empty ${directories.length === 1 ? 'directory' : 'directories'}`]
      : []),
  ];
  const more = arrived.length - names.length;
  return `Downloaded ${counts.join(' and ')}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Where a local file was in the way: nothing is lost, and it is said where the output is. */
export function keptSentences(files: readonly DownloadedFile[]): string[] {
  const kept = files.filter((file) => file.outcome === 'kept-local');
  const lines = kept
    .slice(0, LISTED)
    .map(
      (file) =>
        `${printable(file.name)} exists here with other content: kept; the output is ${printable(file.savedAs)}`,
    );
  return kept.length > LISTED ? [...lines, `and ${kept.length - LISTED} more were kept and saved beside`] : lines;
}

export function failedSentences(files: readonly DownloadedFile[]): string[] {
  const failed = files.filter((file) => file.outcome === 'failed');
  const lines = failed
    .slice(0, LISTED)
    .map((file) => `${printable(file.name)} was not downloaded: ${file.message} (${file.code})`);
  return failed.length > LISTED ? [...lines, `and ${failed.length - LISTED} more were not downloaded`] : lines;
}

/** What a stage moved, once it is over; undefined where there was nothing to move. */
export function movedSentence(
  verb: 'Sent' | 'Staged' | 'Collected',
  {filesDone, bytesDone, resumedBytes}: MoveProgress,
): string | undefined {
  if (filesDone === 0) return undefined;
  const resumed = resumedBytes > 0 ? `, ${formatBytes(resumedBytes)} of them resumed` : '';
  return `${verb} ${plural(filesDone, 'file')}, ${formatBytes(bytesDone)}${resumed}`;
}

/** How the command ended, where that is not plain success and `furtherFailure` does not say it. */
export function endSentence({command, outcome, failure}: ExecutionResult): string | undefined {
  if (failure?.code === 'execution.command-not-found') return undefined;
  switch (command?.outcome) {
    case 'exited':
      return command.status === 0 ? undefined : `The command exited with ${command.status}`;
    case 'signalled':
      return `The command was ended by signal ${command.signal}`;
    case 'timed-out':
      return `The command was ended after its time limit of ${formatDuration(command.timeoutMs)}`;
    case 'cancelled':
      return 'The run was cancelled';
    case 'lost':
      return undefined;
    case undefined:
      return outcome === 'cancelled' ? 'The run was cancelled before the command started' : undefined;
  }
}

/** Before the output of a run that replaces a lost one. */
export function rerunSentence(generation: number): string {
  return `--- The command was lost and is run again: what follows is the output of generation ${generation} ---`;
}

/** Failures that `endSentence` says already. */
const said = ['execution.command-failed', 'execution.timed-out', 'execution.cancelled'];

/** What went wrong beside the command's own end, with the next step for this very run. */
export function furtherFailure({
  failure,
  executionId,
}: ExecutionResult): Pick<FailureReport, 'code' | 'message' | 'remedy'> | undefined {
  if (failure === undefined || said.includes(failure.code)) return undefined;
  const {code, message} = failure;
  const remedy = failure.remedy ?? (isErrorCode(code) ? errorFacts[code].remedy : undefined);
  return remedy === undefined ? {code, message} : {code, message, remedy: remedy.replaceAll(/\bID\b/g, executionId)};
}

/** What was not carried and fails nothing. A clean-up that fails for the reason that the run failed for says nothing new. */
export function leftOutSentences({warnings: all, failure}: ExecutionResult): string[] {
  const warnings = all.filter(({message}) => message !== failure?.message);
  const lines = warnings.slice(0, LISTED).map(({name, message}) => `${printable(name)}: ${message}`);
  return warnings.length > LISTED ? [...lines, `and ${warnings.length - LISTED} more were left out`] : lines;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorFacts, code);
}
