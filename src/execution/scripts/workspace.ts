import {quote} from '../../ssh/quote.js';
import {checkWorkspace, cookieOf, type Workspace} from '../workspace.js';

/** Assignments, one a line; the values are data. */
export function assign(variables: Readonly<Record<string, string | number>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quote(String(value))}\n`)
    .join('');
}

/** Where a machine says which of its starts this is; another start has another text. */
export const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** The names that every script begins with. `token` tells this call from all others. */
export function preamble(workspace: Workspace, token: string, bootIdFile = BOOT_ID_FILE): string {
  checkWorkspace(workspace);
  const variables = {
    root: workspace.root,
    id: workspace.executionId,
    generation: workspace.generation,
    token,
    cookie: cookieOf(workspace),
    boot_file: bootIdFile,
  };
  return `${assign(variables)}
case $root in /*) ;; *) root=$PWD/$root;; esac
workspace=$root/$id/g$generation
say() { printf '%s\\n' "$*"; }
`;
}

/** A shell reads braces to the end before it runs the first line: a script that was cut on its way does nothing. */
export function whole(body: string): string {
  return `{\n${body}\nexit 0\n}\n`;
}

/**
 * Makes the workspace in one step, once: `mv` refuses a directory that is not empty and a plain file, and moves into a
 * directory that appeared meanwhile, which is undone. `$1` is `staging` where files are to be staged.
 */
export const ensureWorkspace = `
ensure_workspace() {
  [ -d "$workspace/control" ] && return
  if [ -e "$workspace" ]; then say removed; exit 0; fi
  new=$root/.trash/new-$token
  ( umask 077; mkdir -p "$new/work" "$new/control" "$root/$id" \${1:+"$new/$1"} ) || exit 1
  mv -f "$new" "$workspace" 2>/dev/null || rm -rf "$new"
  [ -d "$workspace/new-$token" ] && rm -rf "$workspace/new-$token"
  [ -d "$workspace/control" ] && return
  if [ -e "$workspace" ]; then say removed; exit 0; fi
  echo "cannot create $workspace" >&2
  exit 1
}
`;
