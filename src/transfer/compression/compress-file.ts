import {hasCode} from '../../contracts/errors.js';
import type {StorePath} from '../../stores/store.js';
import {type FileOutcome, failedOutcome} from '../file-outcome.js';
import {isFinal, type MoveFileOptions} from '../move-file.js';
import {CompressionAttempt} from './compression-attempt.js';

export interface CompressFileOptions
  extends Omit<MoveFileOptions, 'partial' | 'ledger' | 'verify' | 'hashSource' | 'limits'> {
  /** An existing directory for the unfinished file and its ledger. */
  readonly partials: StorePath;
  /** Whose they are; see `partialPaths`. */
  readonly owner: string;
}

/**
 * Moves one text and compresses it on its way, taking up what earlier attempts left: what is at the destination
 * afterwards is a gzip file that any `gunzip` reads. Answers as `moveFile` does, with what became of it in `stored`; or
 * undefined, without having written anything, where the file is no text, or compressing it would save less than a tenth.
 */
export async function compressFile(options: CompressFileOptions): Promise<FileOutcome | undefined> {
  const startedAt = performance.now();
  try {
    return await attempt(options, startedAt);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!isFinal(error)) throw error;
    return failedOutcome(options.file, error, startedAt);
  }
}

async function attempt(options: CompressFileOptions, startedAt: number): Promise<FileOutcome | undefined> {
  try {
    return await new CompressionAttempt(options, startedAt, {fresh: false}).run();
  } catch (error) {
    // The ledger may be of other bytes than the source holds now, with the same identity: once, nothing of it is used.
    const fresh = hasCode(error, 'source.changed');
    if ((!fresh && !hasCode(error, 'worker.thread-lost')) || options.signal.aborted) throw error;
    return await new CompressionAttempt(options, startedAt, {fresh}).run();
  }
}
