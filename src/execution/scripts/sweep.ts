import {quote} from '../../ssh/quote.js';
import {deleteFunction} from './clean-up.js';
import {whole} from './workspace.js';

/** Looks at names of its own making only: never into a workspace. */
export function sweepScript(root: string, olderThanDays: number): string {
  return whole(`root=${quote(root)}
case $root in /*) ;; *) root=$PWD/$root;; esac
cd "$root" 2>/dev/null || exit 0
${deleteFunction}
is_old() { [ -n "$(find "$1" -prune -mtime "+${olderThanDays - 1}" 2>/dev/null)" ]; }
for mark in ./[a-z0-9]*/g[0-9]*; do
  if [ -f "$mark" ] && [ ! -h "$mark" ] && is_old "$mark"; then rm -f "$mark"; fi
done
for directory in ./[a-z0-9]*; do
  if [ -d "$directory" ] && [ ! -h "$directory" ]; then rmdir "$directory" 2>/dev/null; fi
done
for old in .trash/*; do
  if [ -e "$old" ] && is_old "$old"; then delete "./$old" || exit 1; fi
done`);
}
