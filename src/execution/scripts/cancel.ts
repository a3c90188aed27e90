import type {Workspace} from '../workspace.js';
import {identityFunctions, terminateFunctions} from './processes.js';
import {assign, ensureWorkspace, preamble, whole} from './workspace.js';

export interface EndScriptOptions {
  readonly graceMs: number;
  readonly bootIdFile?: string;
}

/**
 * Takes the start where nobody has, so that the command never starts; otherwise ends everything it started. Leaves the
 * exit record itself where no wrapper is left to do so.
 */
export const cancelFunction = `
cancel() {
  find_boot
  take_ending cancelled
  # A full disk takes the name and not the record: the start is taken all the same.
  printf 'cancelled - - -\\n' >"cancelled.$token" || [ -f "cancelled.$token" ] || return 1
  ln "cancelled.$token" started 2>/dev/null
  rm -f "cancelled.$token"
  read_started
  if [ "$kind" = running ] && [ "$booted" = "$boot" ]; then
    # A wrapper that has taken the start is about to run the command: what it starts is ended in the next round.
    tries=0
    while terminate "$grace_tenths" || return 1; [ ! -f exit ] && is_alive "$pid" "$born"; do
      tries=$((tries + 1))
      [ "$tries" -lt 100 ] || kill -KILL "$pid" 2>/dev/null
      nap 0.05
    done
  fi
  [ -f exit ] || { printf 'cancelled\\n' >"exit.$token" && mv "exit.$token" exit; }
}
`;

export function cancelScript(workspace: Workspace, token: string, options: EndScriptOptions): string {
  return whole(`${preamble(workspace, token, options.bootIdFile)}
${assign({grace_tenths: Math.ceil(options.graceMs / 100)})}
${identityFunctions}${terminateFunctions}${ensureWorkspace}${cancelFunction}
ensure_workspace
cd "$workspace/control" || exit 1
cancel || exit 1
say cancelled`);
}
