import {ShellHost} from './shell-host.js';
import type {ShellOptions, ShellResult, TargetShell} from './shell.js';

const DEFAULT_MAX_OUTPUT_BYTES = 1024 * 1024;

/** One for all targets of this process: most workers have one, and a host costs 45 MiB. */
const host = new ShellHost();

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

  async run(script: string, options: ShellOptions = {}): Promise<ShellResult> {
    const {signal, onStdout, maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES} = options;
    return await host.run({
      ...{program: this.#program, args: this.#arguments, script, maxOutputBytes},
      ...{signal, onStdout},
    });
  }
}
