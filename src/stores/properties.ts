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
  /** The same for a line that carries no part of that size: the smallest that the store takes. */
  readonly leastPartBytes?: (size: number) => number;
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
  /** Which way files go where a kind of store has several; undefined before the first call has found out. */
  readonly protocol?: 'sftp' | 'scp';
  /** The chunk size that suits the store, in bytes. */
  readonly preferredChunkBytes: number;
  /** Where many files share memory, their chunks become as small: a request for less costs as much. Default 256 KiB. */
  readonly leastChunkBytes?: number;
  /** The chunk size for the first block of a file that is read, in bytes. Default `preferredChunkBytes`. */
  readonly firstChunkBytes?: number;
  /** How many chunks may be under way at once for one file. */
  readonly preferredDepth: number;
}
