import type {StorePath} from '../../stores/store.js';
import type {FileOutcome} from '../file-outcome.js';
import type {MoveFileOptions} from '../move-file.js';
import {settleFile} from '../settle-file.js';
import {CompressionAttempt} from './compression-attempt.js';
import type {PlainWay} from './goes-compressed.js';

export interface CompressFileOptions
  extends Omit<MoveFileOptions, 'partial' | 'ledger' | 'verify' | 'hashSource' | 'limits'> {
  /** An existing directory for the unfinished file and its ledger. */
  readonly partials: StorePath;
  /** Whose they are; see `partialPaths`. */
  readonly owner: string;
  /** What there is of the file as it is: where it goes on so, no more is done than to look for what an attempt has published. */
  readonly plain?: PlainWay;
}

/**
 * Moves one text and compresses it on its way, taking up what earlier attempts left: what is at the destination
 * afterwards is a gzip file that any `gunzip` reads. Answers as `moveFile` does, with what became of it in `stored`; or
 * undefined, without having written anything, where the file is no text, compressing it would save less than a tenth, it
 * goes on as it is, or the line that got no further before does not carry so much as the sample by which that is told.
 */
export async function compressFile(options: CompressFileOptions): Promise<FileOutcome | undefined> {
  return await settleFile(options, (startedAt, how) => new CompressionAttempt(options, startedAt, how).run());
}
