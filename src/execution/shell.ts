/** Runs scripts on a target. What a script is given travels on standard input only: argv can be read by every user. */
export interface TargetShell {
  /**
   * Feeds `script` to `/bin/sh` on its standard input and collects what it prints. The login shell of the user does not
   * matter. Rejects with `ssh.connection-lost`, `ssh.unreachable` or `shell.failed` where the outcome is not known; a
   * script that ran and failed resolves with its status.
   */
  run(script: string, options?: ShellOptions): Promise<ShellResult>;
}

export interface ShellOptions {
  readonly signal?: AbortSignal;
  /** Bytes of each output that are kept; the script's end is awaited all the same. Default 1 MiB. */
  readonly maxOutputBytes?: number;
  /** Called with standard output as it arrives, beside the collected copy. */
  readonly onStdout?: (chunk: Uint8Array) => void;
}

export interface ShellResult {
  /** Exit status, or 128 + signal number. */
  readonly status: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}
