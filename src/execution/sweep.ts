import {WaybillError} from '../contracts/errors.js';
import {sweepScript} from './scripts/sweep.js';
import type {TargetShell} from './shell.js';
import {checkWorkspace} from './workspace.js';

/**
 * Removes what removed workspaces left under a root: their marks, and what a killed clean-up had set aside. Nothing
 * younger than `olderThanDays` (at least 1) and no workspace is touched. An attempt that is later than that finds the
 * name free again: choose more days than any activity may live.
 */
export async function sweepWorkspaces(
  shell: TargetShell,
  root: string,
  olderThanDays: number,
  signal?: AbortSignal,
): Promise<void> {
  checkWorkspace({root, executionId: 'sweep', generation: 1});
  if (!Number.isSafeInteger(olderThanDays) || olderThanDays < 1) {
    throw new WaybillError('input.invalid', `not a number of days: ${olderThanDays}`);
  }
  const result = await shell.run(sweepScript(root, olderThanDays), signal ? {signal} : {});
  if (result.status === 0) return;
  const said = Buffer.from(result.stderr).toString().trim().slice(0, 2000);
  throw new WaybillError('shell.failed', `sweeping ${root} ended with status ${result.status}: ${said}`, {path: root});
}
