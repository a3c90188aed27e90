import {randomBytes} from 'node:crypto';
import {constants} from 'node:os';
import type {ClientChannel} from 'ssh2';
import {toError} from '../contracts/errors.js';
import type {ShellOptions, ShellResult, TargetShell} from '../execution/shell.js';
import {connectionLost, shellNotStarted} from './errors.js';
import {onAbort} from '../abort/on-abort.js';
import {onEnd} from './on-end.js';
import {fenced, OutputBuffer} from './output.js';
import type {SshPool} from './pool.js';

/** Means the same to bash, dash, fish and csh, one of which the server hands it to; everything else is in the script. */
export const SHELL_COMMAND = 'exec /bin/sh';

/** The shell of an SSH target. */
export class SshShell implements TargetShell {
  readonly #pool: SshPool;

  constructor(pool: SshPool) {
    this.#pool = pool;
  }

  async run(script: string, options: ShellOptions = {}): Promise<ShellResult> {
    options.signal?.throwIfAborted();
    const channel = await this.#pool.openExec(
      SHELL_COMMAND,
      options.signal === undefined ? {} : {signal: options.signal},
    );
    return runOn(channel, this.#pool, script, options);
  }
}

function runOn(channel: ClientChannel, pool: SshPool, script: string, options: ShellOptions): Promise<ShellResult> {
  // Start-up files of the login shell may print: what counts begins behind this line.
  const fence = `waybill-${randomBytes(12).toString('hex')}`;
  const max = options.maxOutputBytes ?? 1024 * 1024;
  const stdout = new OutputBuffer(max);
  const stderr = new OutputBuffer(max);
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      channel.close();
      reject(toError(options.signal?.reason));
    };
    const forget = onAbort(options.signal, abort);
    if (options.signal?.aborted === true) {
      abort();
      return;
    }
    const takeStdout = fenced(fence, (chunk) => {
      stdout.add(chunk);
      options.onStdout?.(chunk);
    });
    const takeStderr = fenced(fence, (chunk) => stderr.add(chunk));
    channel.on('data', (chunk: Buffer) => takeStdout.add(chunk));
    channel.stderr.on('data', (chunk: Buffer) => takeStderr.add(chunk));
    channel.on('error', (error: Error) => reject(connectionLost(pool.endpoint, error.message, error)));
    onEnd(channel, (code, signal) => {
      const status = code === null ? 128 + signalNumber(signal) : code;
      forget();
      if (status === undefined) reject(connectionLost(pool.endpoint, 'the script ended without a status'));
      else if (!takeStdout.found()) {
        reject(shellNotStarted(pool.endpoint, status, Buffer.concat([takeStderr.before(), takeStdout.before()])));
      } else resolve({status, stdout: stdout.bytes(), stderr: stderr.bytes()});
    });
    channel.end(`echo ${fence}; echo ${fence} >&2\n${script}`);
  });
}

function signalNumber(name: string | undefined): number {
  const entry = Object.entries(constants.signals).find(([known]) => known === name);
  return entry?.[1] ?? 0;
}
