import {type ChildProcess, spawn} from 'node:child_process';
import {z} from 'zod';
import {onAbort} from '../abort/on-abort.js';
import {toError, WaybillError} from '../contracts/errors.js';
import {shellHostSource} from './shell-host-source.js';
import type {ShellResult} from './shell.js';

/** What a command may see of the worker's environment: who and where it is, none of the worker's credentials. */
const PASSED_ON = /^(?:HOME|USER|LOGNAME|SHELL|PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|XDG_RUNTIME_DIR)$/;

export interface ShellRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly script: string;
  readonly maxOutputBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStdout?: ((chunk: Uint8Array) => void) | undefined;
}

interface Waiting extends Pick<ShellRun, 'program' | 'onStdout'> {
  readonly resolve: (result: ShellResult) => void;
  readonly reject: (error: Error) => void;
}

const bytes = z.instanceof(Uint8Array);

const message = z.discriminatedUnion('kind', [
  z.object({kind: z.literal('stdout'), id: z.number(), chunk: bytes}),
  z.object({kind: z.literal('ended'), id: z.number(), status: z.number(), stdout: bytes, stderr: bytes}),
  z.object({kind: z.literal('failed'), id: z.number(), message: z.string()}),
]);

/**
 * A small process beside this one that starts the scripts of this machine, all in the environment of the first, and ends
 * with it. To start a program, a process is copied with the tables of its memory: some 12 ms for a worker of 500 MiB, in
 * which nothing else goes on there, and whatever it writes to afterwards costs a page fault more.
 */
export class ShellHost {
  readonly #waiting = new Map<number, Waiting>();
  #process: ChildProcess | undefined;
  #nextId = 0;

  /** Rejects with the signal's reason, with `shell.unavailable`, or with `shell.failed` where the host has died with it. */
  async run(run: ShellRun): Promise<ShellResult> {
    const {signal, onStdout, program, args, script, maxOutputBytes} = run;
    signal?.throwIfAborted();
    const host = this.#connected();
    const id = this.#nextId++;
    let forget: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        forget = onAbort(signal, () => {
          host.send({kind: 'end', id}, () => undefined);
          reject(toError(signal?.reason));
        });
        this.#waiting.set(id, {program, onStdout, resolve, reject});
        // Whoever waits for a script keeps this process running, and nothing else of the host does.
        host.ref();
        host.channel?.ref();
        const streamed = onStdout !== undefined;
        host.send({kind: 'run', id, program, args, script, maxOutputBytes, streamed}, (error) => {
          if (error) this.#lose(host, error.message);
        });
      });
    } finally {
      forget?.();
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) unref(host);
    }
  }

  /** Where the system starts no process, or has no descriptor for one, there is nothing to send to. */
  #connected(): ChildProcess {
    if (this.#process?.connected === false) this.#lose(this.#process, 'it has closed its channel');
    try {
      this.#process ??= this.#started();
    } catch (cause) {
      throw cannotStart(cause);
    }
    if (!this.#process.connected) throw cannotStart();
    return this.#process;
  }

  #started(): ChildProcess {
    const host = spawn(process.execPath, ['--title=waybill-shells', '-'], {
      ...{cwd: '/', env: passedEnvironment()},
      ...{stdio: ['pipe', 'ignore', 'inherit', 'ipc'], serialization: 'advanced'},
    });
    host.on('message', (value: unknown) => this.#take(host, value));
    host.on('error', (error) => this.#lose(host, error.message));
    host.on('exit', (status, signal) => this.#lose(host, `it ended by ${signal ?? `status ${status}`}`));
    host.stdin?.on('error', () => undefined);
    host.stdin?.end(shellHostSource);
    unref(host);
    return host;
  }

  #take(host: ChildProcess, value: unknown): void {
    const answer = message.safeParse(value).data;
    if (answer === undefined) {
      host.kill('SIGKILL');
      this.#lose(host, 'it said what nobody understands');
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    // Given up meanwhile.
    if (!waiting) return;
    const {kind} = answer;
    if (kind === 'stdout') waiting.onStdout?.(answer.chunk);
    else if (kind === 'ended') {
      const {status, stdout, stderr} = answer;
      waiting.resolve({status, stdout, stderr});
    } else {
      waiting.reject(new WaybillError('shell.unavailable', `cannot start ${waiting.program}: ${answer.message}`));
    }
  }

  /** Its scripts may go on, or have done anything: the next script gets another host. */
  #lose(host: ChildProcess, why: string): void {
    if (this.#process !== host) return;
    this.#process = undefined;
    const lost = new WaybillError('shell.failed', `the process that starts scripts on this machine is gone: ${why}`);
    for (const {reject} of this.#waiting.values()) reject(lost);
  }
}

function unref(host: ChildProcess): void {
  host.unref();
  host.channel?.unref();
}

function cannotStart(cause?: unknown): WaybillError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new WaybillError('shell.failed', `cannot start the process that starts scripts on this machine${why}`, {
    ...(cause === undefined ? {} : {cause}),
  });
}

function passedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)));
}
