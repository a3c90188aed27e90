import type {CallOptions, MovingOptions} from './call-options.js';
import type {Entry, StorePath} from './entry.js';
import type {ByteRange} from './partial-file.js';

export interface SourceFile {
  /** As it was when the file was opened. */
  readonly entry: Entry;
  /**
   * Up to `length` bytes from `offset`; fewer only at the end of the file. MUST NOT return bytes of another file that
   * took the name meanwhile. The caller may have several reads under way. The returned memory belongs to the caller,
   * who may pass it to `giveBackChunk` when it is not needed any more.
   */
  read(offset: number, length: number, options?: MovingOptions): Promise<Uint8Array>;
  /** The entry of the open file now: compare its identity with `entry.identity` to see a change. */
  restat(options?: CallOptions): Promise<Entry>;
  close(): Promise<void>;
}

export interface WholeFileRequest {
  readonly path: StorePath;
  /** Bytes that it is expected to hold; no more are read. */
  readonly size: number;
}

export type WholeFile =
  | {
      readonly outcome: 'read';
      /** As it was when the file was opened. */
      readonly entry: Entry;
      readonly content: Uint8Array;
      /** Lower-case hexadecimal SHA-256 of `content`. */
      readonly sha256: string;
      /** Whether the file changed while it was read. */
      readonly changed: boolean;
    }
  | {readonly outcome: 'failed'; readonly error: Error};

export interface HashOptions extends CallOptions {
  /** Parts of the file that are hashed besides. Default: none. */
  readonly ranges?: readonly ByteRange[];
}

export interface HashedFile {
  readonly entry: Entry;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** The same of each of the ranges, in their order. */
  readonly ranges: readonly string[];
}
