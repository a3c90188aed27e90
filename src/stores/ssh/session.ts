import {type AttributeChange, type FileAttributes, writeAttributes} from '../../ssh/sftp/attributes.js';
import {type RequestData, type SftpChannel, unexpectedReply} from '../../ssh/sftp/channel.js';
import {FieldWriter} from '../../ssh/sftp/fields.js';
import {REQUEST} from '../../ssh/sftp/packet-types.js';
import type {FileSession, FileSystemSpace} from './file-session.js';
import type {NamedEntry, SftpReply} from '../../ssh/sftp/reply.js';

/** The flag of statvfs(3). */
const READ_ONLY = 1n;

type Reply<K extends SftpReply['kind']> = Extract<SftpReply, {readonly kind: K}>;

/** One SFTP session, a method for each request of the protocol. Rejects with SftpStatus where the server refused. */
export class SftpSession implements FileSession {
  readonly protocol = 'sftp';
  readonly #channel: SftpChannel;
  readonly #name: string;
  readonly maxRead: number;
  readonly maxWrite: number;
  /** A directory of the file system that failures are most likely about. */
  place: string | undefined;
  /** Which of the two names of a `symlink` the server makes; unknown before the first one. */
  makesSecondName: Promise<boolean> | undefined;
  /** Files held open, for spreading them over sessions. */
  openFiles = 0;

  constructor(channel: SftpChannel, name: string) {
    this.#channel = channel;
    this.#name = name;
    this.maxRead = channel.limits.read;
    this.maxWrite = channel.limits.write;
  }

  get ended(): boolean {
    return this.#channel.ended;
  }

  /** Milliseconds, as short as it was seen; infinite before the first answer. */
  get roundTripMs(): number {
    return this.#channel.roundTripMs;
  }

  supports(extension: string): boolean {
    return this.#channel.extensions.has(extension);
  }

  async open(path: string, flags: number, mode?: number): Promise<Buffer> {
    const fields = new FieldWriter().string(path).uint32(flags);
    return (await this.#ask('handle', REQUEST.open, writeAttributes(fields, mode === undefined ? {} : {mode}))).handle;
  }

  async closeHandle(handle: Buffer): Promise<void> {
    await this.#ask('ok', REQUEST.close, new FieldWriter().string(handle));
  }

  /** At most `maxRead` bytes; rejects with the status `eof` at the end of the file. */
  async read(handle: Buffer, into: Buffer, at: number, length: number, position: number): Promise<number> {
    const bytes = Math.min(length, this.maxRead);
    const fields = new FieldWriter().string(handle).uint64(position).uint32(bytes);
    return (await this.#ask('data', REQUEST.read, fields, {into: into.subarray(at, at + bytes)})).bytes;
  }

  /** At most `maxWrite` bytes. They must not change before the answer. */
  async write(handle: Buffer, from: Buffer, at: number, length: number, position: number): Promise<void> {
    const data = from.subarray(at, at + length);
    const fields = new FieldWriter().string(handle).uint64(position).uint32(length);
    await this.#ask('ok', REQUEST.write, fields, {data});
  }

  async fstat(handle: Buffer): Promise<FileAttributes> {
    return (await this.#ask('attributes', REQUEST.fstat, new FieldWriter().string(handle))).attributes;
  }

  async lstat(path: string): Promise<FileAttributes> {
    return (await this.#ask('attributes', REQUEST.lstat, new FieldWriter().string(path))).attributes;
  }

  async fsetstat(handle: Buffer, change: AttributeChange): Promise<void> {
    await this.#ask('ok', REQUEST.fsetstat, writeAttributes(new FieldWriter().string(handle), change));
  }

  async setstat(path: string, change: AttributeChange): Promise<void> {
    await this.#ask('ok', REQUEST.setstat, writeAttributes(new FieldWriter().string(path), change));
  }

  async fsync(handle: Buffer): Promise<void> {
    await this.#command('fsync@openssh.com', (request) => request.string(handle));
  }

  async openDirectory(path: string): Promise<Buffer> {
    return (await this.#ask('handle', REQUEST.opendir, new FieldWriter().string(path))).handle;
  }

  /** Without the directory itself and the one above. Rejects with the status `eof` where nothing is left. */
  async readDirectory(handle: Buffer): Promise<readonly NamedEntry[]> {
    const {names} = await this.#ask('names', REQUEST.readdir, new FieldWriter().string(handle));
    return names.filter(({filename}) => filename !== '.' && filename !== '..');
  }

  async mkdir(path: string, mode?: number): Promise<void> {
    const fields = new FieldWriter().string(path);
    await this.#ask('ok', REQUEST.mkdir, writeAttributes(fields, mode === undefined ? {} : {mode}));
  }

  async rmdir(path: string): Promise<void> {
    await this.#ask('ok', REQUEST.rmdir, new FieldWriter().string(path));
  }

  async unlink(path: string): Promise<void> {
    await this.#ask('ok', REQUEST.remove, new FieldWriter().string(path));
  }

  /** Refuses an existing destination, at OpenSSH's and every server that follows version 3. */
  async rename(from: string, to: string): Promise<void> {
    await this.#ask('ok', REQUEST.rename, new FieldWriter().string(from).string(to));
  }

  /** rename(2): takes an existing file's place in one step. */
  async posixRename(from: string, to: string): Promise<void> {
    await this.#command('posix-rename@openssh.com', (request) => request.string(from).string(to));
  }

  /**
   * Makes a link with one of these names, which points to the other: the protocol says that the first one is made,
   * OpenSSH makes the second, and other servers follow either. See `makeSymlink`.
   */
  async symlink(first: string, second: string): Promise<void> {
    await this.#ask('ok', REQUEST.symlink, new FieldWriter().string(first).string(second));
  }

  async readLink(path: string): Promise<string> {
    return this.#single(await this.#ask('names', REQUEST.readlink, new FieldWriter().string(path)));
  }

  async realPath(path: string): Promise<string> {
    return this.#single(await this.#ask('names', REQUEST.realpath, new FieldWriter().string(path)));
  }

  async space(path: string): Promise<FileSystemSpace | undefined> {
    if (!this.supports('statvfs@openssh.com')) return undefined;
    const {fields} = await this.#extended('statvfs@openssh.com', (request) => request.string(path));
    // f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail, f_fsid, f_flag
    const [, unit = 0n, , , blocks = 0n, inodes = 0n, , freeInodes = 0n, , flags = 0n] = Array.from({length: 10}, () =>
      fields.bigUint64(),
    );
    return {
      freeBytes: Number(unit * blocks),
      freeInodes: Number(freeInodes),
      inodes: Number(inodes),
      readOnly: (flags & READ_ONLY) !== 0n,
    };
  }

  end(): void {
    this.#channel.end();
  }

  #single({names}: Reply<'names'>): string {
    const [first] = names;
    if (first === undefined) throw unexpectedReply('no name', this.#name);
    return first.filename;
  }

  async #command(name: string, build: (request: FieldWriter) => FieldWriter): Promise<void> {
    await this.#ask('ok', REQUEST.extended, build(new FieldWriter().string(name)));
  }

  #extended(name: string, build: (request: FieldWriter) => FieldWriter): Promise<Reply<'extended'>> {
    return this.#ask('extended', REQUEST.extended, build(new FieldWriter().string(name)));
  }

  async #ask<K extends SftpReply['kind']>(
    kind: K,
    type: number,
    fields: FieldWriter,
    data: RequestData = {},
  ): Promise<Reply<K>> {
    const reply = await this.#channel.request(type, fields.bytes(), data);
    if (!isOfKind(reply, kind)) throw unexpectedReply(reply.kind, this.#name);
    return reply;
  }
}

function isOfKind<K extends SftpReply['kind']>(reply: SftpReply, kind: K): reply is Reply<K> {
  return reply.kind === kind;
}
