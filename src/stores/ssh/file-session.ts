import type {AttributeChange, FileAttributes} from '../../ssh/sftp/attributes.js';
import type {NamedEntry} from '../../ssh/sftp/reply.js';

export interface FileSystemSpace {
  readonly freeBytes: number;
  readonly freeInodes: number;
  readonly inodes: number;
  readonly readOnly: boolean;
}

export interface FileToPut {
  readonly absolute: string;
  readonly content: Uint8Array;
  readonly attributes: AttributeChange | undefined;
}

export interface RangeWriteOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Seconds since 1970: the time that the file is given back where another attempt published it during a write that takes
   * longer than that, as a command does.
   */
  readonly publishedTime?: number | undefined;
}

/**
 * What the store asks of the target's files, in the words of SFTP version 3: a method for each request, which rejects
 * with SftpStatus where the target refuses. Where there is no SFTP, commands and `scp` answer the same.
 */
export interface FileSession {
  readonly protocol: 'sftp' | 'scp';
  readonly ended: boolean;
  /** Milliseconds, as short as it was seen; infinite where it is not known. */
  readonly roundTripMs: number;
  readonly maxRead: number;
  readonly maxWrite: number;
  /** A directory of the file system that failures are most likely about. */
  place: string | undefined;
  /** Which of the two names of a `symlink` the target makes; unknown before the first one. */
  makesSecondName: Promise<boolean> | undefined;
  /** Files held open, for spreading them over sessions. */
  openFiles: number;

  /** By the names of OpenSSH's extensions. */
  supports(extension: string): boolean;
  open(path: string, flags: number, mode?: number): Promise<Buffer>;
  closeHandle(handle: Buffer): Promise<void>;
  /** At most `maxRead` bytes; 0, or the status `eof`, at the end of the file. */
  read(handle: Buffer, into: Buffer, at: number, length: number, position: number): Promise<number>;
  /**
   * At most `maxWrite` bytes. They must not change before the answer. An abort may end it early; it, too, is answered
   * when nothing writes any more.
   */
  write(
    handle: Buffer,
    from: Buffer,
    at: number,
    length: number,
    position: number,
    options?: RangeWriteOptions,
  ): Promise<void>;
  fstat(handle: Buffer): Promise<FileAttributes>;
  lstat(path: string): Promise<FileAttributes>;
  fsetstat(handle: Buffer, change: AttributeChange): Promise<void>;
  setstat(path: string, change: AttributeChange): Promise<void>;
  fsync(handle: Buffer): Promise<void>;
  openDirectory(path: string): Promise<Buffer>;
  /** Without the directory itself and the one above. Rejects with the status `eof` where nothing is left. */
  readDirectory(handle: Buffer): Promise<readonly NamedEntry[]>;
  mkdir(path: string, mode?: number): Promise<void>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Refuses an existing destination. */
  rename(from: string, to: string): Promise<void>;
  /** rename(2): takes an existing file's place in one step. */
  posixRename(from: string, to: string): Promise<void>;
  /**
   * Makes a link with one of these names, which points to the other: the protocol says that the first one is made,
   * OpenSSH makes the second, and other servers follow either. See `makeSymlink`.
   */
  symlink(first: string, second: string): Promise<void>;
  readLink(path: string): Promise<string>;
  realPath(path: string): Promise<string>;
  space(path: string): Promise<FileSystemSpace | undefined>;
  /**
   * Writes whole new files, modes and times included, where many in one go cost less than each by itself. Answers for
   * each, in order: undefined where it is written, `apart` where the name is taken already and has to be looked at.
   */
  readonly putWhole?: (files: readonly FileToPut[]) => Promise<readonly (Error | 'apart' | undefined)[]>;
  end(): void;
}
