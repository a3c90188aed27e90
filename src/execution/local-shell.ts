import {spawn} from 'node:child_process';
import {constants, homedir} from 'node:os';
import {WaybillError} from '../contracts/errors.js';
import type {ShellOptions, ShellResult, TargetShell} from './shell.js';

const DEFAULT_MAX_OUTPUT_BYTES = 1024 * 1024;

/** What a command may see of the worker's environment: who and where it is, none of the worker's credentials. */
const PASSED_ON = /^(?:HOME|USER|LOGNAME|SHELL|PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|XDG_RUNTIME_DIR)$/;

export interface LocalShellOptions {
  /** Default `/bin/sh`. */
  readonly program?: string;
  readonly arguments?: readonly string[];
}

/** The shell of this machine. */
export class LocalShell implements TargetShell {
  readonly #program: string;
  readonly #arguments: readonly string[];

  constructor(options: LocalShellOptions = {}) {
    this.#program = options.program ?? '/bin/sh';
    this.#arguments = options.arguments ?? [];
  }

  run(script: string, options: ShellOptions = {}): Promise<ShellResult> {
    const {signal} = options;
    const program = this.#program;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stdout = new BoundedOutput(options.maxOutputBytes);
      const stderr = new BoundedOutput(options.maxOutputBytes);
      // A group of its own, so that an abort ends the script with everything that it waits for.
      const child = spawn(program, this.#arguments, {cwd: homedir(), env: passedEnvironment(), detached: true});
      const abort = (): void => {
        endGroup(child.pid);
        reject(asError(signal?.reason));
      };
      signal?.addEventListener('abort', abort, {once: true});
      child.on('error', (cause) => {
        signal?.removeEventListener('abort', abort);
        reject(new WaybillError('shell.unavailable', `cannot start ${program}: ${cause.message}`, {cause}));
      });
      child.stdout.on('data', (chunk: Buffer) => {
        stdout.add(chunk);
        options.onStdout?.(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
      child.on('close', (code, signalName) => {
        signal?.removeEventListener('abort', abort);
        const status = code ?? 128 + (signalName === null ? 0 : constants.signals[signalName]);
        resolve({status, stdout: stdout.bytes(), stderr: stderr.bytes()});
      });
      // A script that ends before it is read to its end breaks the pipe; its status says what matters.
      child.stdin.on('error', () => undefined);
      child.stdin.end(script);
    });
  }
}

class BoundedOutput {
  readonly #chunks: Buffer[] = [];
  #room: number;

  constructor(maxBytes = DEFAULT_MAX_OUTPUT_BYTES) {
    this.#room = maxBytes;
  }

  add(chunk: Buffer): void {
    if (this.#room <= 0) return;
    const kept = chunk.subarray(0, this.#room);
    this.#room -= kept.length;
    this.#chunks.push(kept);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

function passedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)));
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', {cause: reason});
}
