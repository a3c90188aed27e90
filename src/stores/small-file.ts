import type {Attributes, StorePath} from './entry.js';

export interface SmallFile extends Attributes {
  readonly destination: StorePath;
  /** Where it is written before it is renamed. */
  readonly partial: StorePath;
  readonly content: Uint8Array;
  /** Lower-case hexadecimal SHA-256 of `content`. */
  readonly sha256: string;
  readonly ifExists: 'replace' | 'keep';
}

export type SmallFileResult =
  | {readonly outcome: 'published'; readonly verified: 'sha256' | 'size-only'}
  | {readonly outcome: 'failed'; readonly error: Error};
