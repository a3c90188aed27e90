import {newToken, superseded} from './launch.js';
import {cancelScript} from './scripts/cancel.js';
import {cleanUpScript} from './scripts/clean-up.js';
import {prepareScript} from './scripts/prepare.js';
import type {ShellResult, TargetShell} from './shell.js';
import {shellFailure} from './shell-failure.js';
import type {Workspace} from './workspace.js';

export interface EndOptions {
  /** Milliseconds between TERM and KILL. Default: 10 s to cancel, 2 s to clean up. */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
  /** Where the target says which of its starts this is. Default: the kernel's boot id. */
  readonly bootIdFile?: string;
}

/**
 * Makes the directories of the workspace, in one step, where they are missing; may be called any number of times.
 * Rejects with `transfer.superseded` where it has been removed.
 */
export async function prepareWorkspace(
  shell: TargetShell,
  workspace: Workspace,
  options: {readonly signal?: AbortSignal} = {},
): Promise<void> {
  const result = await shell.run(prepareScript(workspace, newToken()), options);
  if (answered(result, 'removed')) throw superseded(workspace);
  if (!answered(result, 'ready')) throw shellFailure(`preparing ${workspace.executionId}`, result);
}

/**
 * Ends the command and everything that it started: its session, what carries its cookie, and what descends from those.
 * TERM, grace, KILL; resolves when nothing of it runs. A command that has not started never will. May be called any
 * number of times; a command that has ended is left as it ended.
 */
export async function cancelExecution(
  shell: TargetShell,
  workspace: Workspace,
  options: EndOptions = {},
): Promise<void> {
  const {graceMs = 10_000, signal, ...rest} = options;
  const result = await shell.run(cancelScript(workspace, newToken(), {graceMs, ...rest}), signal ? {signal} : {});
  if (!answered(result, 'cancelled') && !answered(result, 'removed'))
    throw shellFailure(`cancelling ${workspace.executionId}`, result);
}

/**
 * Ends what is left and removes the workspace, following no link. What stays is a plain file of no bytes under the
 * workspace's name, so that no late attempt makes it again; `sweepWorkspaces` removes it. May be called any number of
 * times, also for a workspace that never was.
 */
export async function cleanUpWorkspace(
  shell: TargetShell,
  workspace: Workspace,
  options: EndOptions = {},
): Promise<void> {
  const {graceMs = 2_000, signal, ...rest} = options;
  const result = await shell.run(cleanUpScript(workspace, newToken(), {graceMs, ...rest}), signal ? {signal} : {});
  if (!answered(result, 'removed')) throw shellFailure(`cleaning up ${workspace.executionId}`, result);
}

function answered(result: ShellResult, word: string): boolean {
  return result.status === 0 && Buffer.from(result.stdout).toString().trim().split('\n').at(-1) === word;
}
