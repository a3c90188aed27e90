import type {Workspace} from '../workspace.js';
import {cancelFunction, type EndScriptOptions} from './cancel.js';
import {identityFunctions, terminateFunctions} from './processes.js';
import {assign, ensureWorkspace, preamble, whole} from './workspace.js';

export const deleteFunction = `
# Deletes directory $1, following no link; a directory that was closed to its owner is opened on the way down.
delete() {
  rm -rf "$1" 2>/dev/null
  [ -e "$1" ] || return 0
  find "$1" -type d ! -perm -700 -exec chmod u+rwx {} \\; 2>/dev/null
  rm -rf "$1"
}
`;

/**
 * Ends what is left and removes the workspace: renamed away in one step, its name taken by a plain file that no late
 * attempt can make a directory of, then deleted.
 */
export function cleanUpScript(workspace: Workspace, token: string, options: EndScriptOptions): string {
  return whole(`${preamble(workspace, token, options.bootIdFile)}
${assign({grace_tenths: Math.ceil(options.graceMs / 100)})}
${identityFunctions}${terminateFunctions}${ensureWorkspace}${cancelFunction}
dismiss_watchers() {
  watchers=
  { read -r watchers <watchers; } 2>/dev/null
  for watcher in $watchers; do
    if look_at "$watcher" && [ "$session" = "$pid" ]; then kill "$watcher" 2>/dev/null; fi
  done
}

${deleteFunction}if [ -d "$workspace" ] && [ ! -h "$workspace" ]; then
  if cd "$workspace/control" 2>/dev/null; then
    # Records that a full disk did not take have no reader any more, once nothing runs and nothing can start.
    [ -f exit ] || cancel || [ -f started ] || { echo "the start of $workspace cannot be taken" >&2; exit 1; }
    terminate "$grace_tenths" || { echo "processes of $workspace cannot be ended" >&2; exit 1; }
    read_started
    dismiss_watchers
    cd "$root" || exit 1
  else terminate "$grace_tenths" || exit 1
  fi
fi
[ -d "$root/.trash" ] && [ -d "$root/$id" ] || ( umask 077; mkdir -p "$root/.trash" "$root/$id" ) || exit 1
tries=0
while [ ! -f "$workspace" ]; do
  tries=$((tries + 1))
  [ "$tries" -le 20 ] || exit 1
  if [ -d "$workspace" ]; then
    [ -w "$workspace" ] || chmod u+rwx "$workspace"
    mv "$workspace" "$root/.trash/old-$id-g$generation-$token-$tries" || exit 1
  fi
  # Exclusive: nothing is made through a link that somebody has put there.
  set -C; { printf '' >"$workspace"; } 2>/dev/null; set +C
done
failed=0
for old in "$root/.trash/old-$id-g$generation-"*; do
  [ -e "$old" ] || continue
  delete "$old" || failed=1
done
[ "$failed" = 0 ] || exit 1
say removed`);
}
