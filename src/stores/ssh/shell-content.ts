import {newlineFor, PipedCommand, pipedWord} from '../../ssh/piped-command.js';
import type {SshPool} from '../../ssh/pool.js';
import {sendingCommand} from '../../ssh/scp/command.js';
import {agreementTo, ScpReceiver} from '../../ssh/scp/receive.js';
import type {RangeWriteOptions} from './file-session.js';
import {rangeCommand} from './hash-shell.js';
import {STATUS} from '../../ssh/sftp/status.js';
import {RunningCommands} from './running-commands.js';
import type {ShellDialect} from './shell-dialect.js';
import {ANOTHER_FILE, expectSame, writeCommand} from './shell-names.js';
import {statusOf} from './shell-status.js';

/** A file that is held open, in so far as a shell can: a name, and which file had it. */
export interface HeldFile {
  path: string;
  readonly identity: string;
  /** Bytes when it was opened. */
  readonly size: number;
}

export type Moved = {readonly outcome: 'done'; readonly bytes: number} | {readonly outcome: 'another-file'};

/** Bytes that are handed to a session together: what is handed over cannot be taken back. */
const SENT_AT_ONCE = 256 * 1024;

/** Moves the bytes of files of one target, each range in a session of its own. */
export class ShellContent {
  readonly #pool: SshPool;
  readonly #dialect: ShellDialect;
  readonly #running = new RunningCommands();

  constructor(pool: SshPool, dialect: ShellDialect) {
    this.#pool = pool;
    this.#dialect = dialect;
  }

  /** A whole file comes by `scp` where the target has it; what begins or ends in the middle, `scp` cannot give. */
  read(file: HeldFile, into: Buffer, position: number): Promise<Moved> {
    const whole = position === 0 && into.length >= file.size;
    return whole && this.#dialect.scp ? this.#receive(file, into) : this.#readRange(file, into, position);
  }

  /** After an abort nothing more is sent, and what was sent has been written when it rejects: nothing writes any more. */
  async write(
    {path, identity}: HeldFile,
    bytes: Uint8Array,
    position: number,
    {signal, publishedTime}: RangeWriteOptions = {},
  ): Promise<Moved> {
    const command = await this.#start(path, writeCommand(this.#dialect, identity, position, publishedTime));
    for (let at = 0; at < bytes.length && signal?.aborted !== true; at += SENT_AT_ONCE) {
      await command.write(bytes.subarray(at, at + SENT_AT_ONCE));
    }
    const moved = await this.#end(command, () => bytes.length);
    signal?.throwIfAborted();
    return moved;
  }

  /** Counts a command that is run elsewhere among those that `end` ends. */
  get started(): (command: PipedCommand) => void {
    return this.#running.started;
  }

  end(): void {
    this.#running.end();
  }

  async #readRange({path, identity, size}: HeldFile, into: Buffer, position: number): Promise<Moved> {
    let filled = 0;
    const range = rangeCommand({offset: position, length: into.length}, size, '');
    const command = await this.#start(path, `{ ${expectSame(this.#dialect, identity)}; ${range}; } <"$f"`, (bytes) => {
      filled += bytes.copy(into, filled);
    });
    return this.#end(command, () => filled);
  }

  async #receive({path, identity}: HeldFile, into: Buffer): Promise<Moved> {
    const receiver = new ScpReceiver(into);
    const same = expectSame(this.#dialect, identity);
    const commands = `${same}; ${sendingCommand(path)}; s=$?; ${same}; exit "$s"`;
    const command = await this.#start(path, commands, (bytes) => receiver.feed(bytes));
    await command.write(agreementTo(1));
    return this.#end(command, () => {
      if (receiver.kept === undefined) throw statusOf(receiver.complaint ?? 'scp ended before the file did');
      return receiver.kept;
    });
  }

  async #start(path: string, commands: string, onData?: (bytes: Buffer) => void): Promise<PipedCommand> {
    // Opening a FIFO that took the name would block.
    const prologue = `LC_ALL=C; export LC_ALL; ${newlineFor(path)}f=${pipedWord(path)}; [ -f "$f" ] || exit ${ANOTHER_FILE}; `;
    const command = await PipedCommand.open(this.#pool, prologue + commands, onData);
    this.#running.started(command);
    return command;
  }

  async #end(command: PipedCommand, bytesOf: () => number): Promise<Moved> {
    command.endInput();
    const {status, said} = await command.done;
    if (status === 0) return {outcome: 'done', bytes: bytesOf()};
    const refusal = statusOf(said);
    if (status === ANOTHER_FILE || refusal.status === STATUS.noSuchFile) return {outcome: 'another-file'};
    throw refusal;
  }
}
