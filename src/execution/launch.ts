import {randomBytes} from 'node:crypto';
import {WaybillError} from '../contracts/errors.js';
import {type ExecutionEnd, type ExecutionEvent, ReportReader} from './report.js';
import {launchScript} from './scripts/launch.js';
import type {TargetShell} from './shell.js';
import {shellFailure} from './shell-failure.js';
import {type Workspace, workspacePaths} from './workspace.js';

const DEFAULT_GRACE_MS = 10_000;
const DEFAULT_OUTPUT_CAP_BYTES = 1_073_741_824;
/** What is kept of what a failed launch says; the report is read as it arrives. */
const MAX_ERROR_BYTES = 16_384;

export interface LaunchOptions {
  /** The command and its arguments: no shell ever reads them. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Values travel on standard input to the environment of the command, and nowhere else. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** How long the command may run, in milliseconds; enforced on the target. Default: no limit. */
  readonly timeoutMs?: number;
  /** Milliseconds between TERM and KILL when the time is up. Default 10 s. */
  readonly graceMs?: number;
  /** Bytes kept of each of standard output and standard error. Default 1 GiB. */
  readonly outputCapBytes?: number;
  /** Commands that run on the target at once; further ones wait in line. Default: no limit. */
  readonly maxConcurrent?: number;
  readonly onEvent?: (event: ExecutionEvent) => void;
  readonly signal?: AbortSignal;
  /** Where the target says which of its starts this is. Default: the kernel's boot id. */
  readonly bootIdFile?: string;
  /** Shell text that the wrapper runs at its steps, with the step's name as `$1`: for tests that kill it there. */
  readonly hook?: string;
}

/**
 * Starts the command of a workspace, or finds it started or ended, and waits for its end: all in one script, so that a
 * short command costs one round trip. May be called again, at once, or late, by any number of callers: the command
 * starts at most once (P4). Aborting it, or losing the connection, leaves the command as it is.
 *
 * Rejects with `transfer.superseded` where the workspace has been removed, `shell.failed` or a `store.` code where the target
 * could not start it (nothing has run), and with what the shell rejects with, which says nothing about the command.
 */
export async function launch(shell: TargetShell, workspace: Workspace, options: LaunchOptions): Promise<ExecutionEnd> {
  const script = launchScript(workspace, newToken(), {
    command: options.command,
    environment: options.environment ?? {},
    secrets: options.secrets ?? {},
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    outputCapBytes: options.outputCapBytes ?? DEFAULT_OUTPUT_CAP_BYTES,
    ...(options.timeoutMs === undefined ? {} : {timeoutMs: options.timeoutMs}),
    ...(options.maxConcurrent === undefined ? {} : {maxConcurrent: options.maxConcurrent}),
    ...(options.bootIdFile === undefined ? {} : {bootIdFile: options.bootIdFile}),
    ...(options.hook === undefined ? {} : {hook: options.hook}),
  });
  const reader = new ReportReader(options.timeoutMs, options.onEvent ?? (() => undefined));
  const result = await shell.run(script, {
    maxOutputBytes: MAX_ERROR_BYTES,
    onStdout: (chunk) => reader.add(chunk),
    ...(options.signal ? {signal: options.signal} : {}),
  });
  if (reader.removed) throw superseded(workspace);
  const end = reader.finish();
  if (end !== undefined) return end;
  throw shellFailure(`the launch of ${workspace.executionId}`, result);
}

/** A name that no other call has. */
export function newToken(): string {
  return randomBytes(9).toString('hex');
}

export function superseded(workspace: Workspace): WaybillError {
  const {base} = workspacePaths(workspace);
  return new WaybillError('transfer.superseded', `the workspace ${base} has been removed`, {path: base});
}
