import type {CallOptions, ListOptions, MovingOptions} from './call-options.js';
import type {Attributes, Entry, ListedEntry, StorePath} from './entry.js';
import type {PartialFile, PartialSpec} from './partial-file.js';
import type {StoreProperties} from './properties.js';
import type {SmallFile, SmallFileResult} from './small-file.js';
import type {HashedFile, HashOptions, SourceFile, WholeFile, WholeFileRequest} from './source-file.js';

export type * from './call-options.js';
export type * from './entry.js';
export type * from './partial-file.js';
export type * from './properties.js';
export type * from './small-file.js';
export type * from './source-file.js';

/**
 * A place that holds files. Every method MUST either do what it says or reject with a WaybillError: none resolves on
 * failure, none returns a default for something that it could not read. Every method may be called again after a
 * failure with the same arguments. No method follows a link that leads out of the root.
 */
export interface Store {
  readonly name: string;
  readonly kind: 'local' | 'ssh' | 's3';
  readonly properties: StoreProperties;

  /** The entry at `path`, or undefined where nothing is there. A missing parent is also undefined. */
  stat(path: StorePath, options?: CallOptions): Promise<Entry | undefined>;

  /**
   * The entries of one directory, in no particular order, `.` and `..` left out. MUST reject with `store.not-found`
   * or `store.not-a-directory` before the first entry. Entries that vanish meanwhile may or may not be listed.
   */
  list(directory: StorePath, options?: ListOptions): AsyncIterable<ListedEntry>;

  /** Where a link points, exactly as it is stored. */
  readLink(path: StorePath, options?: CallOptions): Promise<string>;

  /** Opens a regular file for reading. MUST refuse everything else with `source.special-file`, without blocking on it. */
  openSource(path: StorePath, options?: CallOptions): Promise<SourceFile>;

  /**
   * Reads small files whole, with their digests: each as `openSource`, `read` and `restat` would, in one call where many
   * cost more than their bytes. MUST answer once for each file, in order; one file's failure stops no other. A store
   * without it is read file by file.
   */
  readFiles?(files: readonly WholeFileRequest[], options?: MovingOptions): Promise<readonly WholeFile[]>;

  /**
   * Opens the unfinished file at `partial.path`, creating it with mode 0600 where it does not exist, and never
   * truncating it. MUST NOT create the directory that is to hold it: a directory that is gone is `store.not-found`.
   */
  openPartial(partial: PartialSpec, options?: CallOptions): Promise<PartialFile>;

  /**
   * Writes a small object in one step, durably: readers see all of it or nothing. With `ifAbsent` an existing name is
   * kept and the answer is false. Parents are created.
   */
  putObject(
    path: StorePath,
    content: Uint8Array,
    options?: CallOptions & {readonly ifAbsent?: boolean},
  ): Promise<boolean>;

  /** The whole content of a small object, or undefined. MUST reject with `store.io` when it holds more than `maxBytes`. */
  getObject(path: StorePath, maxBytes: number, options?: CallOptions): Promise<Uint8Array | undefined>;

  /**
   * Publishes many small files, each with the promises of a partial: written beside, counted, proved, synced as the
   * store's properties say, renamed. MUST answer once for each file, in order; one file's failure stops no other.
   */
  putFiles(files: readonly SmallFile[], options?: CallOptions): Promise<readonly SmallFileResult[]>;

  /** Creates a directory and its parents; one that exists is left as it is. */
  makeDirectory(path: StorePath, options?: CallOptions & {readonly mode?: number}): Promise<void>;
  /** Creates a link; an identical one that exists is left as it is, anything else there is `store.already-exists`. */
  makeLink(path: StorePath, target: string, options?: CallOptions): Promise<void>;
  /** Sets mode and modification time of a file or directory; fields left out stay. */
  setAttributes(path: StorePath, attributes: Attributes, options?: CallOptions): Promise<void>;
  /** Renames in one step. With `overwrite` false an existing destination is `store.already-exists`. */
  rename(from: StorePath, to: StorePath, options: CallOptions & {readonly overwrite: boolean}): Promise<void>;
  /** Removes a file, a link or an empty directory; what is not there is no error. */
  remove(path: StorePath, options?: CallOptions): Promise<void>;
  /** Removes a directory with everything in it, following no link; what is not there is no error. Refuses the root. */
  removeTree(path: StorePath, options?: CallOptions): Promise<void>;
  /**
   * SHA-256 of a published file, hashed where it lies; undefined where that side has nothing to hash with. Absent where reading
   * the file costs no more. MUST reject with `source.changed` where the file changed meanwhile, and refuses what `openSource` does.
   */
  hash?(path: StorePath, options?: HashOptions): Promise<HashedFile | undefined>;
  /** Bytes that a user without privileges can still write, or undefined where the store does not say. */
  freeSpace(path: StorePath, options?: CallOptions): Promise<number | undefined>;
  /** Ends connections; the store cannot be used afterwards. */
  close(): Promise<void>;
}
