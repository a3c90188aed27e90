import type {TransferOptions} from '../../contracts/transfer.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Entry, Store, StorePath} from '../../stores/store.js';
import {type MovedOutcome, movedOutcome} from '../file-outcome.js';
import type {PlannedFile} from '../planned-file.js';
import type {Comparison} from './comparison.js';

export interface OverwriteQuestion {
  readonly from: Store;
  readonly to: Store;
  readonly toRoot: StorePath;
  readonly file: PlannedFile;
  readonly options: Pick<TransferOptions, 'overwrite' | 'verify' | 'preserveTimes'>;
  readonly comparison: Comparison;
  readonly signal: AbortSignal;
}

/** What is known of a file that is left as it is at the destination, or undefined where it is to be moved. */
export async function keptThere(question: OverwriteQuestion): Promise<MovedOutcome | undefined> {
  const {to, toRoot, file, options, comparison, signal} = question;
  if (options.overwrite === 'always' || file.kind === 'directory') return undefined;
  const startedAt = performance.now();
  const there = await to.stat(joinStorePath(toRoot, file.name), {signal});
  if (there === undefined) return undefined;
  const kept = (note: string, known: Partial<MovedOutcome> = {}) =>
    movedOutcome(file, 'skipped', startedAt, {verified: 'not-checked', note, ...known});
  switch (options.overwrite) {
    case 'never':
      return kept('kept: it exists at the destination');
    case 'newer':
      return isNewer(file, there, question) ? undefined : kept('kept: the destination is as new or newer');
    case 'different': {
      if (there.kind !== file.kind) return undefined;
      if (file.kind === 'link') {
        const target = await to.readLink(joinStorePath(toRoot, file.name), {signal});
        return target === file.linkTarget ? kept('the same link is there') : undefined;
      }
      if (there.size !== file.size) return undefined;
      if (options.verify === 'size' || options.verify === 'none') {
        return sameTime(file, there, question) ? kept('the same size and time', {verified: 'size-only'}) : undefined;
      }
      const [sha256, destination] = await comparison.digests(file, signal);
      return sha256 === destination ? kept('the same content is there', {sha256, verified: 'sha256'}) : undefined;
    }
  }
}

function isNewer(file: PlannedFile, there: Entry, question: OverwriteQuestion): boolean {
  return file.modifiedAt - there.modifiedAt >= resolution(question);
}

function sameTime(file: PlannedFile, there: Entry, question: OverwriteQuestion): boolean {
  return Math.abs(file.modifiedAt - there.modifiedAt) < resolution(question);
}

/** Times are compared as the coarser of both stores has them. */
function resolution({from, to}: OverwriteQuestion): number {
  return Math.max(1, from.properties.timeResolutionMs, to.properties.timeResolutionMs);
}
