import {randomBytes} from 'node:crypto';
import type {ClientChannel} from 'ssh2';
import {connectionLost, shellNotStarted} from './errors.js';
import {onEnd} from './on-end.js';
import {fenced, OutputBuffer} from './output.js';
import type {SshPool} from './pool.js';
import {quote} from './quote.js';

/**
 * Reads one line of commands and runs it: what follows that line on standard input is the commands' own. It is the same
 * text for everything, without a name of anybody in it, and means the same to bash, dash, fish and csh.
 */
const COMMAND = `exec /bin/sh -c 'IFS= read -r s; eval "$s"'`;

const KEPT_STDERR_BYTES = 16 * 1024;

interface PipedEnd {
  /** Exit status, or 128 where a signal ended it. */
  readonly status: number;
  /** The beginning of what it printed on standard error. */
  readonly said: string;
}

/** A word for the one line of a piped command, which no newline may end. Needs `NEWLINE` before it. */
export function pipedWord(word: string): string {
  return quote(word).replaceAll('\n', `'"$n"'`);
}

/** Gives `pipedWord` its newline, where one of the words holds any. */
export function newlineFor(...words: readonly string[]): string {
  return words.some((word) => word.includes('\n')) ? `n=$(printf '\\nx'); n=\${n%x}; ` : '';
}

/** A session in which commands take or give bytes on their standard input and output, as `scp`, `cat` and `dd` do. */
export class PipedCommand {
  readonly #channel: ClientChannel;
  /** Resolves when it has ended; rejects with `ssh.connection-lost`, or with `shell.unavailable` where it did not begin. */
  readonly done: Promise<PipedEnd>;

  /**
   * @param commands one line of `sh`
   * @param signal gives up waiting for a session; one that is open goes on
   */
  static async open(
    pool: SshPool,
    commands: string,
    onData: (bytes: Buffer) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<PipedCommand> {
    const options = {apart: true, ...(signal === undefined ? {} : {signal})};
    return new PipedCommand(pool, await pool.openExec(COMMAND, options), commands, onData);
  }

  private constructor(pool: SshPool, channel: ClientChannel, commands: string, onData: (bytes: Buffer) => void) {
    this.#channel = channel;
    // Start-up files of the login shell may print: what counts begins behind this line.
    const fence = `waybill-${randomBytes(12).toString('hex')}`;
    const output = fenced(fence, onData);
    const stderr = new OutputBuffer(KEPT_STDERR_BYTES);
    channel.on('data', (bytes: Buffer) => output.add(bytes));
    channel.stderr.on('data', (bytes: Buffer) => stderr.add(bytes));
    this.done = new Promise((resolve, reject) => {
      channel.on('error', (error: Error) => reject(connectionLost(pool.endpoint, error.message, error)));
      onEnd(channel, (code) => {
        const status = code === null ? 128 : code;
        if (status === undefined) reject(connectionLost(pool.endpoint, 'a command ended without a status'));
        else if (!output.found()) reject(shellNotStarted(pool.endpoint, status, stderr.bytes()));
        else resolve({status, said: stderr.bytes().toString()});
      });
    });
    // Whoever needs the end asks for it; until then its failure is nobody's.
    this.done.catch(() => undefined);
    channel.write(`echo ${fence}; ${commands}\n`);
  }

  /** Resolves when the bytes have left, or when the command has ended without them. */
  async write(bytes: Uint8Array): Promise<void> {
    const sent = new Promise<void>((resolve) => {
      this.#channel.write(bytes, () => resolve());
    });
    await Promise.race([sent, this.done]);
  }

  /** Ends the standard input. */
  endInput(): void {
    this.#channel.end();
  }

  /** Ends it here, whatever it is doing there. */
  kill(): void {
    this.#channel.close();
  }
}
