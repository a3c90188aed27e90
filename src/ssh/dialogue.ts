import {randomBytes} from 'node:crypto';
import type {ClientChannel} from 'ssh2';
import {toError, WaybillError} from '../contracts/errors.js';
import {connectionLost} from './errors.js';
import {SHELL_COMMAND} from './exec.js';
import {onAbort} from '../abort/on-abort.js';
import {onEnd} from './on-end.js';
import type {SshPool} from './pool.js';

interface Question {
  readonly mark: string;
  readonly lines: string[];
  readonly resolve: (lines: string[]) => void;
  readonly reject: (error: Error) => void;
}

/** What a question may answer; more means that something prints that should not. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * A `/bin/sh` that stays open and is given commands one after the other: a round trip for each, where a session for
 * each costs three and a process. Several questions may be under way.
 */
export class ShellDialogue {
  readonly #channel: ClientChannel;
  readonly #pool: SshPool;
  readonly #questions: Question[] = [];
  #rest = '';
  #stderr = '';
  #end: Error | undefined;
  #givenUp = false;

  static async open(pool: SshPool): Promise<ShellDialogue> {
    return new ShellDialogue(pool, await pool.openExec(SHELL_COMMAND));
  }

  private constructor(pool: SshPool, channel: ClientChannel) {
    this.#channel = channel;
    this.#pool = pool;
    channel.setEncoding('utf8');
    channel.on('data', (text: string) => this.#take(text));
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-1000);
    });
    channel.on('error', (error: Error) => this.#ended(connectionLost(pool.endpoint, error.message, error)));
    onEnd(channel, (code) => this.#ended(this.#whyEnded(code ?? undefined)));
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** True where it was ended because one caller gave up: what the others asked can be asked in another shell. */
  get givenUp(): boolean {
    return this.#givenUp;
  }

  /** The lines that `commands` print on standard output. Their standard input is empty. */
  ask(commands: string, signal?: AbortSignal): Promise<string[]> {
    return this.#put((mark) => `echo; echo ${mark}; {\n${commands}\n} </dev/null\necho ${mark}\n`, signal);
  }

  /**
   * All that `commands` print, and their exit status. They run in a shell of their own and the answer is written in one
   * piece: a server that joins small packets would hold back the second until the first is acknowledged, 40 ms later.
   */
  async run(commands: string, signal?: AbortSignal): Promise<{readonly status: number; readonly said: string}> {
    const lines = await this.#put(
      (mark) =>
        `o=$( {\n${commands}\n} </dev/null 2>&1; printf '\\n%s' "$?")\nprintf '\\n%s\\n%s\\n%s\\n' ${mark} "$o" ${mark}\n`,
      signal,
    );
    return {status: Number(lines.at(-1)), said: lines.slice(0, -1).join('\n')};
  }

  #put(scriptOf: (mark: string) => string, signal: AbortSignal | undefined): Promise<string[]> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (signal?.aborted === true) return Promise.reject(toError(signal.reason));
    return new Promise((resolve, reject) => {
      // A shell that is in the middle of something has to be ended with it.
      const abort = (): void => {
        reject(toError(signal?.reason));
        this.#givenUp = true;
        this.end();
      };
      const settled = onAbort(signal, abort);
      const mark = `waybill-${randomBytes(12).toString('hex')}`;
      this.#questions.push({
        mark,
        lines: [],
        resolve: (lines) => {
          settled();
          resolve(lines);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.#channel.write(scriptOf(mark));
    });
  }

  end(): void {
    this.#channel.close();
    this.#ended(connectionLost(this.#pool.endpoint, 'the shell was closed here'));
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_ANSWER_BYTES) this.end();
    for (const line of lines) {
      const [question] = this.#questions;
      if (question === undefined) continue;
      if (line !== question.mark) question.lines.push(line);
      // What came before the first mark was printed by start-up files of the login shell.
      else if (question.lines[0] !== question.mark) question.lines.splice(0, question.lines.length, question.mark);
      else {
        this.#questions.shift();
        question.resolve(question.lines.slice(1));
      }
    }
  }

  #whyEnded(status: number | undefined): WaybillError {
    if (status === undefined) return connectionLost(this.#pool.endpoint, 'the shell ended without a status');
    const said = `${this.#rest}${this.#stderr}`.trim();
    const message = `/bin/sh ended on ${this.#pool.endpoint.host} (status ${status})${said === '' ? '' : `: ${said}`}`;
    return new WaybillError(
      status === 127 || status === 126 || status === 1 ? 'shell.unavailable' : 'shell.failed',
      message,
    );
  }

  #ended(reason: Error): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    for (const question of this.#questions.splice(0)) question.reject(reason);
  }
}
