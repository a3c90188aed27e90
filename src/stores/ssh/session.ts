import type {InputAttributes, SFTPWrapper, Stats} from 'ssh2';
import {WaybillError} from '../../contracts/errors.js';
import type {SshEndpoint} from '../../ssh/endpoint.js';
import {connectionLost} from '../../ssh/errors.js';
import {SftpStatus} from './sftp-status.js';

type Done<T> = (error: Error | null | undefined, value: T) => void;

export interface FileSystemSpace {
  readonly freeBytes: number;
  readonly freeInodes: number;
  readonly inodes: number;
  readonly readOnly: boolean;
}

/** The flag of statvfs(3). */
const READ_ONLY = 1;

/** What OpenSSH takes in one request where it does not say. */
const OLDEST_WRITE_BYTES = 32 * 1024;

/**
 * One SFTP session with promises for callbacks. Rejects with SftpStatus where the server refused, with
 * `ssh.connection-lost` where it did not answer: ssh2 itself forgets requests that are sent after the end.
 */
export class SftpSession {
  readonly #sftp: SFTPWrapper;
  readonly #endpoint: SshEndpoint;
  readonly #extensions: Readonly<Record<string, unknown>>;
  readonly #waiting = new Set<(error: Error) => void>();
  readonly maxRead: number;
  readonly maxWrite: number;
  #end: Error | undefined;
  /** A directory of the file system that failures are most likely about. */
  place: string | undefined;
  /** Files held open, for spreading them over sessions. */
  openFiles = 0;

  constructor(sftp: SFTPWrapper, endpoint: SshEndpoint) {
    this.#sftp = sftp;
    this.#endpoint = endpoint;
    this.#extensions = recordOf(Reflect.get(sftp, '_extensions'));
    this.maxRead = numberOf(Reflect.get(sftp, '_maxReadLen')) ?? OLDEST_WRITE_BYTES;
    this.maxWrite = numberOf(Reflect.get(sftp, '_maxWriteLen')) ?? OLDEST_WRITE_BYTES;
    sftp.on('error', (error: Error) =>
      this.#ended(new WaybillError('ssh.protocol', error.message, {path: endpoint.name, cause: error})),
    );
    sftp.on('close', () => this.#ended(connectionLost(endpoint, 'the SFTP session ended')));
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  supports(extension: string): boolean {
    return this.#extensions[extension] !== undefined;
  }

  open(path: string, flags: number, mode?: number): Promise<Buffer> {
    return this.#call((done) =>
      mode === undefined ? this.#sftp.open(path, flags, done) : this.#sftp.open(path, flags, {mode}, done),
    );
  }

  closeHandle(handle: Buffer): Promise<void> {
    return this.#call((done) => this.#sftp.close(handle, voided(done)));
  }

  /** At most `maxRead` bytes; 0 at the end of the file. */
  read(handle: Buffer, into: Buffer, at: number, length: number, position: number): Promise<number> {
    return this.#call((done) => this.#sftp.read(handle, into, at, length, position, done));
  }

  /** At most `maxWrite` bytes: more would be sent one after the other. */
  write(handle: Buffer, from: Buffer, at: number, length: number, position: number): Promise<void> {
    return this.#call((done) => this.#sftp.write(handle, from, at, length, position, voided(done)));
  }

  fstat(handle: Buffer): Promise<Stats> {
    return this.#call((done) => this.#sftp.fstat(handle, done));
  }

  lstat(path: string): Promise<Stats> {
    return this.#call((done) => this.#sftp.lstat(path, done));
  }

  fsetstat(handle: Buffer, attributes: InputAttributes): Promise<void> {
    return this.#call((done) => this.#sftp.fsetstat(handle, attributes, voided(done)));
  }

  setstat(path: string, attributes: InputAttributes): Promise<void> {
    return this.#call((done) => this.#sftp.setstat(path, attributes, voided(done)));
  }

  fsync(handle: Buffer): Promise<void> {
    return this.#call((done) => this.#sftp.ext_openssh_fsync(handle, voided(done)));
  }

  openDirectory(path: string): Promise<Buffer> {
    return this.#call((done) => this.#sftp.opendir(path, done));
  }

  readDirectory(handle: Buffer): Promise<readonly {readonly filename: string; readonly attrs: Stats}[]> {
    return this.#call((done) => this.#sftp.readdir(handle, done));
  }

  mkdir(path: string, mode?: number): Promise<void> {
    return this.#call((done) =>
      mode === undefined ? this.#sftp.mkdir(path, voided(done)) : this.#sftp.mkdir(path, {mode}, voided(done)),
    );
  }

  rmdir(path: string): Promise<void> {
    return this.#call((done) => this.#sftp.rmdir(path, voided(done)));
  }

  unlink(path: string): Promise<void> {
    return this.#call((done) => this.#sftp.unlink(path, voided(done)));
  }

  /** Refuses an existing destination, at OpenSSH's and every server that follows version 3. */
  rename(from: string, to: string): Promise<void> {
    return this.#call((done) => this.#sftp.rename(from, to, voided(done)));
  }

  /** rename(2): takes an existing file's place in one step. */
  posixRename(from: string, to: string): Promise<void> {
    return this.#call((done) => this.#sftp.ext_openssh_rename(from, to, voided(done)));
  }

  hardLink(existing: string, name: string): Promise<void> {
    return this.#call((done) => this.#sftp.ext_openssh_hardlink(existing, name, voided(done)));
  }

  symlink(target: string, name: string): Promise<void> {
    return this.#call((done) => this.#sftp.symlink(target, name, voided(done)));
  }

  readLink(path: string): Promise<string> {
    return this.#call((done) => this.#sftp.readlink(path, done));
  }

  realPath(path: string): Promise<string> {
    return this.#call((done) => this.#sftp.realpath(path, done));
  }

  async space(path: string): Promise<FileSystemSpace | undefined> {
    if (!this.supports('statvfs@openssh.com')) return undefined;
    const answer = recordOf(await this.#call<unknown>((done) => this.#sftp.ext_openssh_statvfs(path, done)));
    const unit = numberOf(answer.f_frsize);
    const blocks = numberOf(answer.f_bavail);
    if (unit === undefined || blocks === undefined) return undefined;
    return {
      freeBytes: unit * blocks,
      freeInodes: numberOf(answer.f_favail) ?? 0,
      inodes: numberOf(answer.f_files) ?? 0,
      readOnly: ((numberOf(answer.f_flag) ?? 0) & READ_ONLY) !== 0,
    };
  }

  end(): void {
    this.#sftp.end();
    this.#ended(connectionLost(this.#endpoint, 'the SFTP session was closed here'));
  }

  #call<T>(send: (done: Done<T>) => void): Promise<T> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      try {
        send((error, value) => {
          this.#waiting.delete(reject);
          if (error === undefined || error === null) resolve(value);
          else reject(this.#translate(error));
        });
      } catch (error) {
        // ssh2 throws where the server lacks the extension.
        this.#waiting.delete(reject);
        reject(new SftpStatus(8, error instanceof Error ? error.message : String(error)));
      }
    });
  }

  #translate(error: Error): Error {
    if ('code' in error && typeof error.code === 'number') return new SftpStatus(error.code, error.message);
    return this.#end ?? connectionLost(this.#endpoint, error.message, error);
  }

  #ended(reason: Error): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    for (const reject of this.#waiting) reject(reason);
    this.#waiting.clear();
  }
}

function voided(done: Done<void>): (error?: Error | null) => void {
  return (error) => done(error, undefined);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? {...value} : {};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
