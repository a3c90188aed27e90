import type {StorePath} from '../../stores/store.js';
import type {FileOutcome} from '../file-outcome.js';
import type {MoveFileOptions} from '../move-file.js';
import {settleFile} from '../settle-file.js';
import {CompressionAttempt} from './compression-attempt.js';

export interface CompressFileOptions
  extends Omit<MoveFileOptions, 'partial' | 'ledger' | 'verify' | 'hashSource' | 'limits'> {
  /** An existing directory for the unfinished file and its ledger. */
  readonly partials: StorePath;
  /** Whose they are; see `partialPaths`. */
  readonly owner: string;
  /** Whether to look for what an attempt has published, and do no more. Default false. */
  readonly onlyPublished?: boolean;
}

/**
 * Moves one text and compresses it on its way, taking up what earlier attempts left: what is at the destination
 * afterwards is a gzip file that any `gunzip` reads. Answers as `moveFile` does, with what became of it in `stored`; or
 * undefined, without having written anything, where the file is no text, compressing it would save less than a tenth, or
 * nothing of it was found where only that was asked for.
 */
export async function compressFile(options: CompressFileOptions): Promise<FileOutcome | undefined> {
  return await settleFile(options, (startedAt, how) => new CompressionAttempt(options, startedAt, how).run());
}
