import type {CopyProgress} from '../../contracts/checkpoint.js';
import type {FailedOutcome, MovedOutcome} from '../file-outcome.js';
import type {CopyResult} from './result.js';

/**
 * What happens in a copy. `progress` comes about ten times a second, everything else once each; `resumed` once for each
 * attempt at a file.
 */
export type CopyEvent =
  | {
      readonly event: 'started';
      /** Entries of the plan, and their bytes. */
      readonly files: number;
      readonly bytes: number;
      readonly leftOut: number;
      readonly dryRun: boolean;
    }
  /** What is going to become of one entry; with `dryRun` alone. */
  | {readonly event: 'planned'; readonly name: string; readonly size: number; readonly would: 'copy' | 'keep'}
  /** An unfinished file was taken up. What was there is checked, and `from` is the end of what is proved of it. */
  | {readonly event: 'resumed'; readonly name: string; readonly from: number}
  | {readonly event: 'progress'; readonly progress: CopyProgress}
  | {readonly event: 'file-completed'; readonly outcome: MovedOutcome}
  | {readonly event: 'file-failed'; readonly outcome: FailedOutcome}
  | {readonly event: 'retrying'; readonly attempt: number; readonly reason: string}
  | {readonly event: 'completed'; readonly result: CopyResult}
  | {readonly event: 'failed'; readonly error: unknown};
