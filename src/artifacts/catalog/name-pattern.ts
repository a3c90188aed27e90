/** A glob as a regular expression of PostgreSQL: `*` and `?` within a component, `**` across. */
export function namePattern(glob: string): string {
  const body = [...glob.matchAll(/\*\*\/?|\*|\?|[\s\S]/gu)]
    .map(([part]) => {
      if (part === '**/') return '(.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return /[\\^$.[\]|()+{}]/.test(part) ? `\\${part}` : part;
    })
    .join('');
  return glob.includes('/') ? `^${body}$` : `(^|/)${body}$`;
}
