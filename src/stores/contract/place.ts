import type {Store} from '../store.js';

/** A store made for the suite, with what the suite needs to cause faults behind its back. */
export interface StorePlace {
  /** Rooted in an empty directory or prefix of its own. */
  readonly store: Store;
  /**
   * Where this process sees the store's root as a directory of its own machine, or undefined where it cannot (S3).
   * With it the suite makes FIFOs, devices, names that are not UTF-8, links out of the tree, and looks for leftovers.
   */
  readonly disk?: string;
  /** Closes the store and removes what `make` has made. */
  readonly cleanUp: () => Promise<void>;
}

/** What a store does not do by its properties; the suite checks that the properties agree, and asks for no more. */
export type Lack =
  | 'disk'
  | 'links'
  | 'modes'
  | 'modificationTimes'
  | 'hashing'
  | 'randomWrites'
  | 'conditionalPublish'
  | NameLack;

/** Names that a file system carries and this store MUST refuse by name. */
export type NameLack =
  /** Paths of thousands of bytes. */
  | 'longPaths'
  /** Directories with a name of more than 246 bytes. */
  | 'longDirectoryNames'
  /** Control characters that XML 1.0 has no way to write. */
  | 'controlCharacters'
  /** Components that are `.` or `..` but for spaces around them. */
  | 'spacedDots';

/** One store, or one decorated store, that the contract suite runs over. */
export interface StoreCase {
  /** As it stands in `requiredSuites`. */
  readonly name: string;
  readonly make: () => Promise<StorePlace>;
  /** A place on a medium that is full after at most 16 MiB (a small tmpfs). */
  readonly makeSmall?: () => Promise<StorePlace>;
  /** A place in which the store's user may write nothing (a read-only mount fails for root, too). */
  readonly makeReadOnly?: () => Promise<StorePlace>;
  /** Default none. */
  readonly lacks?: readonly Lack[];
}
