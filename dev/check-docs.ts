// Checks every relative link and anchor of the Markdown files, and the table of the requirements. What is generated has
// tests that find it stale.
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {requirementComplaints} from './docs/requirements.js';

const root = process.cwd();
const pages = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((page) => page !== '' && existsSync(join(root, page)));
const exists = (path: string): boolean => existsSync(join(root, path));
const read = (path: string): string | undefined => (exists(path) ? readFileSync(join(root, path), 'utf8') : undefined);
const REQUIREMENTS = 'docs/requirements.md';
const complaints = [
  ...pages.flatMap((page) => brokenLinks(page)),
  ...requirementComplaints(read(REQUIREMENTS) ?? '', {read, exists}).map((each) => `${REQUIREMENTS}: ${each}`),
];

for (const complaint of complaints) console.log(complaint);
console.log(`${pages.length} pages checked, ${complaints.length} complaints`);
if (complaints.length > 0) process.exitCode = 1;

function brokenLinks(page: string): string[] {
  const text = withoutCode(readFileSync(join(root, page), 'utf8'));
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', anchor] = link.split('#', 2);
    const target = path === '' ? join(root, page) : join(root, dirname(page), decodeURIComponent(path));
    if (!existsSync(target)) return [`${page}: ${link} does not exist`];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    return anchorsOf(target).has(anchor) ? [] : [`${page}: ${relative(root, target)} has no heading #${anchor}`];
  });
}

/** As the forges make them: lower case, spaces to hyphens, punctuation left out. */
function anchorsOf(path: string): ReadonlySet<string> {
  const headings = withoutCode(readFileSync(path, 'utf8')).matchAll(/^#+\s+(.+)$/gm);
  const spoken = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
  return new Set([...headings].map(([, text = '']) => spoken(text)));
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`([^`\n]*)`/g, '$1');
}
