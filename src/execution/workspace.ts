import {createHash} from 'node:crypto';
import {executionId} from '../contracts/ids.js';
import {WaybillError} from '../contracts/errors.js';

/** One generation of one execution on one target: the directory `{root}/{executionId}/g{generation}`. */
export interface Workspace {
  /** Workspace root as the target's shell sees it: absolute, or below the login home. */
  readonly root: string;
  readonly executionId: string;
  /** 1 for the first. */
  readonly generation: number;
}

/**
 * Where things lie, relative to the workspace root.
 *
 * ```
 * {id}/g1/work/      working directory of the command
 * {id}/g1/staging/   unfinished inputs; renamed to `staged` before the command starts, which fences late attempts
 * {id}/g1/control/   private: who runs it, how it ended, its output
 * {id}/g1            a plain file once the workspace is removed, so that no late attempt makes it again
 * .trash/            skeletons and workspaces on their way in or out
 * .queue/            the line of executions that run or wait
 * ```
 */
export function workspacePaths(workspace: Workspace) {
  const base = `${workspace.executionId}/g${workspace.generation}`;
  return {
    base,
    work: `${base}/work`,
    staging: `${base}/staging`,
    control: `${base}/control`,
    stdout: `${base}/control/stdout`,
    stderr: `${base}/control/stderr`,
  };
}

/** What the environment of everything that the command starts carries: of fixed length, so that none is part of another. */
export function cookieOf(workspace: Workspace): string {
  const name = `${workspace.root}\0${workspacePaths(workspace).base}`;
  return createHash('sha256').update(name).digest('hex').slice(0, 40);
}

/** Rejects anything that is not the workspace of an execution, before it becomes part of a path. */
export function checkWorkspace(workspace: Workspace): void {
  const {root, generation} = workspace;
  if (!executionId.safeParse(workspace.executionId).success) {
    throw new WaybillError('input.invalid', `not an execution id: ${JSON.stringify(workspace.executionId)}`);
  }
  if (!Number.isSafeInteger(generation) || generation < 1) {
    throw new WaybillError('input.invalid', `not a generation: ${generation}`);
  }
  const parts = root.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || root.includes('\0')) {
    throw new WaybillError('input.invalid', `not a workspace root: ${JSON.stringify(root)}`, {path: root});
  }
}
