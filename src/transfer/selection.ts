import ignore from 'ignore';
import picomatch from 'picomatch';

export interface SelectionRules {
  /** Names that are wanted; without a slash a pattern matches at any depth. None: everything. */
  readonly patterns?: readonly string[];
  /** Names that are left out, with everything below them. */
  readonly exclude?: readonly string[];
  /** The text of an ignore file with the rules of `.gitignore`, relative to the root of the tree. */
  readonly ignoreFile?: string;
  /** Whether names that begin with a dot are taken. Default true. */
  readonly hidden?: boolean;
}

export interface Selection {
  /** Whether the entry is wanted. */
  takes(name: string, kind: 'file' | 'directory'): boolean;
  /** Whether anything below the directory may be wanted. */
  enters(directory: string): boolean;
}

export function selection(rules: SelectionRules = {}): Selection {
  const hidden = rules.hidden ?? true;
  const wanted = matcher(rules.patterns ?? []);
  const excluded = matcher(rules.exclude ?? []);
  // Case matters: two names that differ in it are two files.
  const ignored = ignore({ignorecase: false}).add(rules.ignoreFile ?? '');
  const leavesOut = (name: string, kind: 'file' | 'directory'): boolean => {
    if (!hidden && name.slice(name.lastIndexOf('/') + 1).startsWith('.')) return true;
    return (excluded?.(name) ?? false) || ignored.ignores(kind === 'directory' ? `${name}/` : name);
  };
  return {
    takes: (name, kind) => !leavesOut(name, kind) && (wanted?.(name) ?? true),
    enters: (directory) => !leavesOut(directory, 'directory'),
  };
}

/** Matches a name where a pattern matches it, or one of the directories above it. */
export function matcher(patterns: readonly string[]): ((name: string) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const globs = patterns.map((pattern) => {
    const anchored = pattern.replace(/^\.?\//, '').replace(/\/+$/, '');
    const anywhere = !pattern.replace(/\/+$/, '').includes('/');
    return picomatch(anywhere ? [anchored, `**/${anchored}`] : anchored, {
      dot: true,

      windows: false,
    });
  });
  return (name) => {
    for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
      const path = name.slice(0, end);
      if (globs.some((glob) => glob(path))) return true;
    }
    return false;
  };
}
