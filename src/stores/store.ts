/** A path below a store's root: `/` between components, no leading `/`, no `.` or `..` component; `''` is the root. */
export type StorePath = string;

export type EntryKind = 'file' | 'directory' | 'link' | 'special';

/** What a store says of one name. A link is described itself, never what it points to. */
export interface Entry {
  readonly kind: EntryKind;
  /** Bytes; 0 for everything but a file. */
  readonly size: number;
  /** The permission bits, 0o7777 at most. */
  readonly mode: number;
  /** Milliseconds since 1970; whole seconds where `properties.timeResolutionMs` says so. */
  readonly modifiedAt: number;
  /** Numbers of user and group, where the store knows them. */
  readonly owner?: Owner;
  /**
   * Changes whenever the content may have changed: at least size and modification time, and inode and change time
   * where the store knows them, or what names the bytes themselves. Two equal strings of one store mean the same bytes.
   */
  readonly identity: string;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface ListedEntry extends Entry {
  /** One path component, exactly as the store holds it. */
  readonly name: string;
  /** Set where the name cannot be carried exactly (bytes that are not UTF-8): `name` is then a printable stand-in. */
  readonly unrepresentable?: true;
  /** Set where `mode` and `modifiedAt` are stand-ins, because `ListOptions.attributes` allowed it. */
  readonly attributesLeftOut?: true;
}

/** What a store can and cannot do. The engine reads these, never the class of a store. */
export interface StoreProperties {
  /** `read` at any offset costs no more than at 0. */
  readonly rangedReads: boolean;
  /** Chunks of a partial may be written in any order (`random`), or only in parts of a chosen size (`parts`). */
  readonly partialWrites: 'random' | 'parts';
  /**
   * With `parts`: bytes of each part but the last of a file of `size` bytes. The same for every attempt. What fits into
   * one part may be written in any order.
   */
  readonly partBytes?: (size: number) => number;
  /** Publishing over an existing name is one step that readers see before or after, never between. */
  readonly atomicReplace: boolean;
  /** Publishing can be refused by the store itself when the name exists. */
  readonly conditionalPublish: boolean;
  readonly modes: boolean;
  /** User and group of files are told, and can be set by who may. Default false. */
  readonly owners?: boolean;
  readonly modificationTimes: boolean;
  /** The finest modification time that the store keeps, in milliseconds. */
  readonly timeResolutionMs: number;
  readonly links: boolean;
  /** `sync` puts the bytes on the medium, not just into the server's memory. */
  readonly durable: boolean;
  /** Where the SHA-256 of bytes that lie in the store comes from. */
  readonly hashing: 'in-place' | 'read-back' | 'none';
  /** Every byte that is read crosses a line: what can be hashed where it lies is not read a second time. Default false. */
  readonly overNetwork?: boolean;
  /**
   * A file is read and put as one whole: all bytes that an open source gives are of one version, or the read is refused,
   * and `putFiles` leaves `SmallFile.partial` alone. Default false.
   */
  readonly wholeObjects?: boolean;
  /** `rename` copies and then removes: readers see both for a while, and a large directory takes long. Default false. */
  readonly renamesByCopy?: boolean;
  /** The chunk size that suits the store, in bytes. */
  readonly preferredChunkBytes: number;
  /** How many chunks may be under way at once for one file. */
  readonly preferredDepth: number;
}

export interface CallOptions {
  /** A call MUST reject with `signal.reason` soon after the signal fires, and leave no request that still writes. */
  readonly signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  /**
   * False allows a store that would have to ask for each file's mode and time to leave both out: `stat` and `openSource`
   * tell them. Kind, size and identity are given all the same. Default true.
   */
  readonly attributes?: boolean;
}

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
  readFiles?(files: readonly WholeFileRequest[], options?: CallOptions): Promise<readonly WholeFile[]>;

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
  hash?(path: StorePath, options?: CallOptions): Promise<HashedFile | undefined>;
  /** Bytes that a user without privileges can still write, or undefined where the store does not say. */
  freeSpace(path: StorePath, options?: CallOptions): Promise<number | undefined>;
  /** Ends connections; the store cannot be used afterwards. */
  close(): Promise<void>;
}

export interface HashedFile {
  readonly entry: Entry;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export interface Attributes {
  readonly mode?: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt?: number;
  /** Rejects with `store.permission-denied` where the user of that side may not give files away. */
  readonly owner?: Owner;
}

export interface SourceFile {
  /** As it was when the file was opened. */
  readonly entry: Entry;
  /**
   * Up to `length` bytes from `offset`; fewer only at the end of the file. MUST NOT return bytes of another file that
   * took the name meanwhile. The caller may have several reads under way. The returned memory belongs to the caller,
   * who may pass it to `giveBackChunk` when it is not needed any more.
   */
  read(offset: number, length: number, options?: CallOptions): Promise<Uint8Array>;
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

export interface PartialSpec {
  /** Where the unfinished file lies: same file system as the destination. */
  readonly path: StorePath;
  /** How many bytes the finished file will have. */
  readonly size: number;
  /** Set where `size` is only a bound, which the bytes that are written decide: `publish` MUST then be told the size. */
  readonly atMost?: true;
  /**
   * What `publish` will be asked for. Required where `partialWrites` is `parts` and the file has more than one part:
   * such a store settles it when the first byte comes.
   */
  readonly intended?: Attributes & {readonly destination: StorePath};
}

export interface WriteOptions extends CallOptions {
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
