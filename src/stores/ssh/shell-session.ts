import {WaybillError} from '../../contracts/errors.js';
import {ShellDialogue} from '../../ssh/dialogue.js';
import type {SshPool} from '../../ssh/pool.js';
import {quote} from '../../ssh/quote.js';
import {type AttributeChange, type FileAttributes, isLink} from '../../ssh/sftp/attributes.js';
import type {NamedEntry} from '../../ssh/sftp/reply.js';
import {hasStatus, SftpStatus, STATUS} from '../../ssh/sftp/status.js';
import type {FileSession, FileSystemSpace, RangeWriteOptions} from './file-session.js';
import {partialConsumed} from './publish.js';
import {parseStated, type StatedFile} from './shell-attributes.js';
import {type HeldFile, ShellContent} from './shell-content.js';
import {findDialect, type ShellDialect} from './shell-dialect.js';
import {listingCommand, parseListing} from './shell-listing.js';
import * as commands from './shell-names.js';
import {putNewFiles} from './shell-put.js';
import {statusOf} from './shell-status.js';
import {OPEN} from '../../ssh/sftp/open-flags.js';

/** What a file that has lost its name looks like: like nothing that has one. */
const LOST: FileAttributes = {size: 0, mode: 0, atime: -1, mtime: 0};

const EXTENSIONS = new Set(['fsync@openssh.com', 'posix-rename@openssh.com']);

interface OpenFile extends HeldFile {
  /** Settles when all that was asked to be written is: a server of SFTP would go by the order of the requests. */
  written: Promise<unknown>;
}

/**
 * The files of a target that has no SFTP: an open shell answers what is asked of names, `scp` carries whole files, and
 * `dd` and `cat` carry ranges. What SFTP holds open is here a name and the identity that had it.
 */
export class ShellSession implements FileSession {
  readonly protocol = 'scp';
  readonly maxRead = Number.MAX_SAFE_INTEGER;
  readonly maxWrite = Number.MAX_SAFE_INTEGER;
  /** Each question costs a process at the target, several connections cost it no less. */
  readonly roundTripMs = Number.POSITIVE_INFINITY;
  place: string | undefined;
  makesSecondName: Promise<boolean> | undefined = Promise.resolve(true);
  openFiles = 0;
  readonly putWhole?: NonNullable<FileSession['putWhole']>;
  readonly #dialogue: ShellDialogue;
  readonly #dialect: ShellDialect;
  readonly #content: ShellContent;
  readonly #files = new Map<string, OpenFile>();
  readonly #listings = new Map<string, readonly NamedEntry[]>();
  #handles = 0;

  private constructor(pool: SshPool, dialogue: ShellDialogue, dialect: ShellDialect) {
    this.#dialogue = dialogue;
    this.#dialect = dialect;
    this.#content = new ShellContent(pool, dialect);
    if (dialect.scp) this.putWhole = (files) => putNewFiles(pool, dialogue, files, this.#content.started);
  }

  /** Rejects with `shell.unavailable` where the target runs no commands, with `ssh.sftp-unavailable` where they do not suffice. */
  static async open(pool: SshPool): Promise<ShellSession> {
    const dialogue = await ShellDialogue.open(pool);
    try {
      return new ShellSession(pool, dialogue, await findDialect(dialogue, pool.endpoint.name));
    } catch (error) {
      dialogue.end();
      throw error;
    }
  }

  get ended(): boolean {
    return this.#dialogue.ended;
  }

  supports(extension: string): boolean {
    return EXTENSIONS.has(extension);
  }

  async open(path: string, flags: number, mode = 0o666): Promise<Buffer> {
    const creates = (flags & OPEN.create) !== 0;
    const command = creates
      ? commands.createCommand(this.#dialect, mode)
      : commands.openCommand(this.#dialect, (flags & OPEN.write) !== 0);
    const {attributes, identity} = stated(await this.#ask(command, path));
    if (isLink(attributes)) throw new SftpStatus(STATUS.failure, 'a link is not opened');
    const handle = this.#newHandle();
    this.#files.set(handle, {path, identity, size: attributes.size, written: Promise.resolve()});
    return Buffer.from(handle);
  }

  closeHandle(handle: Buffer): Promise<void> {
    this.#files.delete(handle.toString());
    this.#listings.delete(handle.toString());
    return Promise.resolve();
  }

  async read(handle: Buffer, into: Buffer, at: number, length: number, position: number): Promise<number> {
    const file = this.#held(handle);
    const moved = await this.#content.read(file, into.subarray(at, at + length), position);
    if (moved.outcome === 'done') return moved.bytes;
    throw new WaybillError('source.changed', `${JSON.stringify(file.path)} is another file now.`, {path: file.path});
  }

  async write(
    handle: Buffer,
    from: Buffer,
    at: number,
    length: number,
    position: number,
    options: RangeWriteOptions = {},
  ): Promise<void> {
    const file = this.#held(handle);
    const writing = this.#content.write(file, from.subarray(at, at + length), position, options);
    file.written = Promise.allSettled([file.written, writing]).then(() => undefined);
    const moved = await writing;
    if (moved.outcome === 'another-file') throw partialConsumed(file.path);
  }

  async fstat(handle: Buffer): Promise<FileAttributes> {
    const {path, identity} = this.#held(handle);
    try {
      const found = await this.#state(path);
      return found.identity === identity ? found.attributes : LOST;
    } catch (error) {
      if (hasStatus(error, STATUS.noSuchFile)) return LOST;
      throw error;
    }
  }

  async lstat(path: string): Promise<FileAttributes> {
    return (await this.#state(path)).attributes;
  }

  async fsetstat(handle: Buffer, change: AttributeChange): Promise<void> {
    await this.#askOfHeld(handle, commands.changeCommand(this.#dialect, change));
  }

  async setstat(path: string, change: AttributeChange): Promise<void> {
    await this.#ask(commands.changeCommand(this.#dialect, change), path);
  }

  async fsync(handle: Buffer): Promise<void> {
    await this.#askOfHeld(handle, this.#dialect.sync);
  }

  async openDirectory(path: string): Promise<Buffer> {
    const listing = parseListing(await this.#ask(listingCommand(this.#dialect), path));
    const handle = this.#newHandle();
    this.#listings.set(handle, listing);
    return Buffer.from(handle);
  }

  readDirectory(handle: Buffer): Promise<readonly NamedEntry[]> {
    const listing = this.#listings.get(handle.toString());
    if (!this.#listings.delete(handle.toString()) || listing === undefined) {
      return Promise.reject(new SftpStatus(STATUS.eof, 'nothing is left'));
    }
    return Promise.resolve(listing);
  }

  async mkdir(path: string, mode?: number): Promise<void> {
    await this.#ask(`mkdir ${mode === undefined ? '' : `-m ${(mode & 0o7777).toString(8)} `}"$f"`, path);
  }

  async rmdir(path: string): Promise<void> {
    await this.#ask('rmdir "$f"', path);
  }

  async unlink(path: string): Promise<void> {
    await this.#ask('rm "$f"', path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#ask(commands.renameCommand(this.#dialect), from, to);
    this.#follow(from, to);
  }

  async posixRename(from: string, to: string): Promise<void> {
    await this.#ask(commands.replaceCommand(this.#dialect), from, to);
    this.#follow(from, to);
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.#ask(commands.linkCommand(this.#dialect), target, path);
  }

  readLink(path: string): Promise<string> {
    return this.#ask(commands.readLinkCommand(this.#dialect), path);
  }

  realPath(path: string): Promise<string> {
    return this.#ask(commands.REAL_PATH_COMMAND, path);
  }

  /** Whether it is read-only and how many inodes it has is not told. */
  async space(path: string): Promise<FileSystemSpace | undefined> {
    const said = await this.#ask('df -P -k "$f"', path);
    const free = /\s(\d+)\s+\d+%\s/.exec(said.slice(said.indexOf('\n')));
    return free === null ? undefined : {freeBytes: Number(free[1]) * 1024, freeInodes: 0, inodes: 0, readOnly: false};
  }

  end(): void {
    this.#content.end();
    this.#dialogue.end();
  }

  async #state(path: string): Promise<StatedFile> {
    return stated(await this.#ask(`${this.#dialect.stat} "$f"`, path));
  }

  /** A file whose name was taken from it meanwhile is left as it is: only who has done so knows where it is. */
  async #askOfHeld(handle: Buffer, command: string): Promise<void> {
    const file = this.#held(handle);
    await file.written;
    try {
      await this.#ask(commands.ifSame(this.#dialect, file.identity, command), file.path);
    } catch (error) {
      if (!hasStatus(error, STATUS.noSuchFile)) throw error;
    }
  }

  /** All that a command prints, where it ends well; SftpStatus for what it says, where it does not. */
  async #ask(command: string, path: string, second?: string): Promise<string> {
    const names = `f=${quote(path)}${second === undefined ? '' : `; t=${quote(second)}`}`;
    const {status, said} = await this.#dialogue.run(`${names}\n${command}`);
    if (status !== 0) throw statusOf(said);
    return said;
  }

  #held(handle: Buffer): OpenFile {
    const held = this.#files.get(handle.toString());
    if (held === undefined) throw new SftpStatus(STATUS.failure, 'the file is closed');
    return held;
  }

  /** A file that is held goes by its new name. */
  #follow(from: string, to: string): void {
    for (const file of this.#files.values()) if (file.path === from) file.path = to;
  }

  #newHandle(): string {
    this.#handles += 1;
    return String(this.#handles);
  }
}

function stated(said: string): StatedFile {
  const found = parseStated(said);
  if (found === undefined) throw new SftpStatus(STATUS.failure, `stat answers ${JSON.stringify(said.slice(0, 200))}`);
  return found.file;
}
