import {quote} from '../../ssh/quote.js';
import {deleteFunction} from './clean-up.js';
import {identityFunctions} from './processes.js';
import {BOOT_ID_FILE, whole} from './workspace.js';

function inRoot(root: string): string {
  return `root=${quote(root)}
case $root in /*) ;; *) root=$PWD/$root;; esac
cd "$root" 2>/dev/null || exit 0
`;
}

/** Names of executions under which nothing was made or removed since; other names are nobody's business here. */
function oldExecutions(olderThanDays: number): string {
  return `find . ! -name . -prune -type d -name '[a-z0-9]*' -mtime +${olderThanDays - 1} 2>/dev/null`;
}

/**
 * Looks at names of its own making only: never into a workspace. The directory of an execution goes only when it is old
 * itself: a launcher that has just made it is about to rename a workspace into it.
 */
export function sweepScript(root: string, olderThanDays: number): string {
  return whole(`${inRoot(root)}
${deleteFunction}
is_old() { [ -n "$(find "$1" -prune -mtime "+${olderThanDays - 1}" 2>/dev/null)" ]; }
${oldExecutions(olderThanDays)} | while read -r directory; do
  for mark in "$directory"/g[0-9]*; do
    if [ -f "$mark" ] && [ ! -h "$mark" ] && is_old "$mark"; then rm -f "$mark"; fi
  done
  rmdir "$directory" 2>/dev/null
done
for old in .trash/*; do
  if [ -e "$old" ] && is_old "$old"; then delete "./$old" || exit 1; fi
done`);
}

/** Prints `./ID/gN` for each workspace that was last launched, ended or staged into long ago, and runs nothing now. */
export function oldWorkspacesScript(root: string, olderThanDays: number, most: number): string {
  return whole(`${inRoot(root)}boot_file=${BOOT_ID_FILE}
${identityFunctions}
${oldExecutions(olderThanDays)} | while read -r directory; do
  for workspace in "$directory"/g[0-9]*; do
    [ -d "$workspace/control" ] && [ ! -h "$workspace" ] || continue
    [ -n "$(find "$workspace/control" -prune -mtime "+${olderThanDays - 1}" 2>/dev/null)" ] || continue
    if [ ! -f "$workspace/control/exit" ]; then
      if (cd "$workspace/control" && read_started && is_alive "$pid" "$born"); then continue; fi
    fi
    printf '%s\\n' "$workspace"
  done
done | head -n ${most}`);
}
