import type {Store, StorePath} from '../stores/store.js';
import {FileAttempt} from './file-attempt.js';
import type {FileOutcome} from './file-outcome.js';
import type {MoveLimits} from './move-shape.js';
import type {PlannedFile} from './planned-file.js';
import {settleFile} from './settle-file.js';

/**
 * What happened to bytes of the file: new ones were acknowledged, or those that an earlier attempt says it sent were
 * `claimed`, and then each proved (`resumed`) or found wrong (`refuted`).
 */
export interface FileProgress {
  readonly event: 'claimed' | 'resumed' | 'refuted' | 'sent';
  readonly offset: number;
  readonly bytes: number;
}

export interface MoveFileOptions {
  readonly from: Store;
  readonly source: StorePath;
  readonly to: Store;
  readonly destination: StorePath;
  /** Both in a directory that exists; see `partialPaths`. */
  readonly partial: StorePath;
  readonly ledger: StorePath;
  readonly file: PlannedFile;
  /** Bytes of the parts that it goes in, one after the other; see `plainPartial`. Default: as the destination says. */
  readonly partBytes?: number;
  /** `keep`: an existing destination makes the outcome `failed` with `store.already-exists`. */
  readonly ifExists: 'replace' | 'keep';
  /** `size` leaves out the proof of what this attempt sends and the file's digest; what is resumed is proved all the same. */
  readonly verify: 'hash' | 'size';
  /** Whether the source is hashed where it lies, too, where it can be. Default false. */
  readonly hashSource?: boolean;
  /**
   * Whether an attempt before this one failed: the first block is sent by pieces then, so that a line that drops again
   * before a block is across makes progress. Default false.
   */
  readonly afterFailure?: boolean;
  readonly signal: AbortSignal;
  /** False once this attempt may no longer write: asked before each write and before the publish. */
  readonly isCurrent?: () => boolean;
  readonly onProgress?: (progress: FileProgress) => void;
  /** Bytes that were entered in the ledger and that no attempt before this one had entered. */
  readonly onGain?: (bytes: number) => void;
  readonly limits?: MoveLimits;
}

/**
 * Moves one file of any size, taking up what earlier attempts left. Answers with the file's outcome where trying again
 * is no use. Throws where it may be, leaving partial and ledger as they are: retryable errors, the reason of the
 * signal, and `transfer.superseded` where this attempt has nothing left to do.
 */
export async function moveFile(options: MoveFileOptions): Promise<FileOutcome> {
  return await settleFile(options, (startedAt, how) => new FileAttempt(options, startedAt, how).run());
}
