import type {CallOptions, MovingOptions} from './call-options.js';
import type {Attributes, Entry, StorePath} from './entry.js';

export interface PartialSpec {
  /** Where the unfinished file lies: same file system as the destination. */
  readonly path: StorePath;
  /** How many bytes the finished file will have. */
  readonly size: number;
  /** Set where `size` is only a bound, which the bytes that are written decide: `publish` MUST then be told the size. */
  readonly atMost?: true;
  /** Where `partialWrites` is `parts`: bytes of each but the last, the same for all attempts. Default: as `partBytes` says. */
  readonly partBytes?: number;
  /**
   * What `publish` will be asked for. Required where `partialWrites` is `parts` and the file has more than one part:
   * such a store settles it when the first byte comes.
   */
  readonly intended?: Attributes & {readonly destination: StorePath};
}

export interface WriteOptions extends MovingOptions {
  /** SHA-256 of the chunk, lower-case hexadecimal, where the caller has it: it need not be computed again. */
  readonly sha256?: string;
}

export interface PublishOptions extends CallOptions, Attributes {
  readonly destination: StorePath;
  /** `replace` takes an existing file's place in one step; `keep` is `store.already-exists` where there is one. */
  readonly ifExists: 'replace' | 'keep';
  /** Bytes of the finished file. Default: those that the partial was opened for. */
  readonly size?: number;
}

/**
 * A destination file that is not finished. Several attempts may hold it at once: all write the same bytes at the same
 * offsets, none truncates, and the one that publishes consumes it.
 */
export interface PartialFile {
  /** Bytes that the partial held when it was opened: 0 for a new one. Says nothing about which of them are right. */
  readonly foundBytes: number;
  /**
   * Writes a chunk; several may be under way. Resolves when the store has acknowledged it. The caller MUST NOT change
   * `chunk` before. Where `partialWrites` is `parts` a chunk is one whole part. MUST reject with `store.no-space` where the medium is full.
   */
  write(offset: number, chunk: Uint8Array, options?: WriteOptions): Promise<void>;
  /**
   * Whether the store says by a digest of its own that it holds these very bytes there: then they need not be written.
   * Absent where only `hash` can tell.
   */
  holds?(offset: number, chunk: Uint8Array, sha256: string): boolean;
  /** SHA-256 of each range, hashed where the bytes lie or read back; in the order of `ranges`. A short range is undefined. */
  hash(ranges: readonly ByteRange[], options?: CallOptions): AsyncIterable<string | undefined>;
  /** Puts everything acknowledged so far on the medium. */
  sync(options?: CallOptions): Promise<void>;
  /**
   * Counts (the partial MUST hold exactly `size` bytes), sets mode and time, syncs, renames, syncs the directory: the
   * destination appears in one step, complete. MUST create the destination's parents. Rejects with
   * `transfer.partial-consumed` where the partial is gone because another attempt has published it.
   */
  publish(options: PublishOptions): Promise<Entry>;
  /** Closes the handle and leaves the partial for a later attempt. */
  close(): Promise<void>;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}
