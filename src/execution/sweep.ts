import {executionId} from '../contracts/ids.js';
import {WaybillError} from '../contracts/errors.js';
import {cleanUpWorkspace} from './end.js';
import {oldWorkspacesScript, sweepScript} from './scripts/sweep.js';
import type {TargetShell} from './shell.js';
import {checkWorkspace, type Workspace} from './workspace.js';

/** Workspaces that one sweep looks at: the rest are old enough the next time too. */
const MOST_WORKSPACES = 1000;

export interface SweepWorkspacesOptions {
  /** At least 1. Choose more than any activity may live: an attempt that is later than that finds its name free again. */
  readonly olderThanDays: number;
  /** Whether somebody may still need this workspace. Asked of those only that are old and run nothing. */
  readonly isOwned: (workspace: Workspace) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

/**
 * Removes the workspaces under a root that nobody owns, and what removed ones left: their marks, and what a killed
 * clean-up had set aside. Nothing younger is touched. Answers how many workspaces went.
 */
export async function sweepWorkspaces(
  shell: TargetShell,
  root: string,
  {olderThanDays, isOwned, signal}: SweepWorkspacesOptions,
): Promise<number> {
  checkWorkspace({root, executionId: 'sweep', generation: 1});
  if (!Number.isSafeInteger(olderThanDays) || olderThanDays < 1) {
    throw new WaybillError('input.invalid', `not a number of days: ${olderThanDays}`);
  }
  const call = signal ? {signal} : {};
  const ask = async (script: string): Promise<string> => {
    const {status, stdout, stderr} = await shell.run(script, call);
    if (status === 0) return Buffer.from(stdout).toString();
    const said = Buffer.from(stderr).toString().trim().slice(0, 2000);
    throw new WaybillError('shell.failed', `sweeping ${root} ended with status ${status}: ${said}`, {path: root});
  };
  let removed = 0;
  for (const workspace of named(root, await ask(oldWorkspacesScript(root, olderThanDays, MOST_WORKSPACES)))) {
    if (await isOwned(workspace)) continue;
    await cleanUpWorkspace(shell, workspace, call);
    removed += 1;
  }
  await ask(sweepScript(root, olderThanDays));
  return removed;
}

function named(root: string, listing: string): readonly Workspace[] {
  return listing.split('\n').flatMap((line) => {
    const [, id = '', generation] = /^\.\/([^/]+)\/g([1-9]\d{0,8})$/.exec(line) ?? [];
    return executionId.safeParse(id).success ? [{root, executionId: id, generation: Number(generation)}] : [];
  });
}
