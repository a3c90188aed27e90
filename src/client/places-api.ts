import type {CheckCounts, CheckedName, ListedStoreEntry, StoreEntry} from '../contracts/store.js';
import type {TransferOptionsRequest} from '../contracts/transfer.js';

export interface CheckRequest
  extends Pick<TransferOptionsRequest, 'include' | 'exclude' | 'hidden' | 'symlinks' | 'recursive'> {
  readonly sources: readonly string[];
  readonly destination: string;
  /** What two files have to share beside their size. Default `hash`. */
  readonly by?: 'size' | 'time' | 'hash';
}

export interface CheckResult {
  readonly counts: CheckCounts;
  /** The first entries that are not the same. */
  readonly entries: readonly CheckedName[];
  /** How many more there are. */
  readonly omitted: number;
}

export interface DigestResult {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
  /** Whether the bytes were hashed where they lie or read by the worker. */
  readonly hashed: 'in-place' | 'read-back';
}

/** What is done and told at places, `NAME:path`, below the roots that the worker's configuration allows. */
export interface StoreClient {
  /** By name; a file or link is its own only entry. Rejects with `store.not-found`. */
  list(location: string): AsyncIterable<ListedStoreEntry>;
  stat(location: string): Promise<StoreEntry | undefined>;
  /** Rejects with `store.not-found`, for the root, and without `recursive` for a directory. */
  remove(location: string, options?: {readonly recursive?: boolean}): Promise<void>;
  /** With `parents` makes those too, and takes a directory that exists for made. */
  makeDirectory(location: string, options?: {readonly parents?: boolean; readonly mode?: number}): Promise<void>;
  /** Below one allowed root. `to` with a trailing slash is the directory to put it in. Default: overwrites nothing. */
  rename(location: string, to: string, options?: {readonly overwrite?: boolean}): Promise<void>;
  /** At most 0o1777. */
  chmod(location: string, mode: number): Promise<void>;
  /** The content of a file of at most 16 MiB: all of it passes through Temporal. */
  read(location: string): AsyncIterable<Uint8Array>;
  sha256(location: string): Promise<DigestResult>;
  /** Compares what a copy would make with what is there. */
  check(request: CheckRequest): Promise<CheckResult>;
}
