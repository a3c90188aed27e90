import type {Workspace} from '../workspace.js';
import {ensureWorkspace, preamble, whole} from './workspace.js';

export function prepareScript(workspace: Workspace, token: string): string {
  return whole(`${preamble(workspace, token)}${ensureWorkspace}
ensure_workspace staging
say ready`);
}
