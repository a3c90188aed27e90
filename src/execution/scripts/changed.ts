import {DEFINE_HASH} from '../../ssh/hash-program.js';
import {quote} from '../../ssh/quote.js';
import type {Workspace} from '../workspace.js';
import {preamble, whole} from './workspace.js';

/**
 * Prints the names, NUL after each, of the files of work/ whose status changed since the command was started: a
 * modification time can be set back, a change time cannot. Fails where the machine's find cannot tell.
 */
export function changedSinceStartScript(workspace: Workspace, token: string): string {
  return whole(`${preamble(workspace, token)}
cd "$workspace/work" || exit 1
exec find . -type f -cnewer ../control/started -print0`);
}

/** Prints one line for each of `names` in order: its SHA-256, or `-`. Names go in by redirection: no hasher sees them. */
export function hashScript(workspace: Workspace, token: string, names: readonly string[]): string {
  return whole(`${preamble(workspace, token)}
cd "$workspace/work" || exit 1
${DEFINE_HASH}
for name in ${names.map((name) => quote(`./${name}`)).join(' ')}; do
  line=
  [ -f "$name" ] && [ ! -h "$name" ] && line=$(h <"$name" 2>/dev/null)
  case $line in ????????????????????????????????????????????????????????????????*) say "\${line%%[ *]*}";; *) say -;; esac
done`);
}
