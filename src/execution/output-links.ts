/**
 * True where a link may lead out of the tree. Parents are counted at the beginning of the target only: one that follows
 * a name may be the parent of what another link names, which text does not show, and is refused.
 */
export function leavesWorkspace(name: string, target: string): boolean {
  if (target === '' || target.startsWith('/')) return true;
  let depth = name.split('/').length - 1;
  let named = false;
  for (const part of target.split('/')) {
    if (part === '..') {
      depth--;
      if (named || depth < 0) return true;
    } else if (part !== '' && part !== '.') named = true;
  }
  return false;
}
