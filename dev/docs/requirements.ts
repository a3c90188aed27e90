/** What `docs/requirements.md` is checked against. */
export interface Repository {
  /** The text of a file, or undefined where it is not there; paths are relative to the root. */
  readonly read: (path: string) => string | undefined;
  readonly exists: (path: string) => boolean;
}

/** What the page calls each number: prefix, first, last, digits. */
const RANGES: readonly (readonly [prefix: string, last: number, digits: number])[] = [
  ['FR-', 70, 3],
  ['NFR-', 10, 3],
  ['AC-', 10, 3],
  ['UT-', 4, 3],
  ['IT-', 4, 3],
  ['FR-030C-', 75, 2],
  ['NFR-030C-', 30, 2],
  ['UT-030C-', 15, 2],
  ['IT-030C-', 15, 2],
  ['Security ', 8, 1],
  ['Failure ', 8, 1],
  ['Scenario ', 6, 1],
  ['AC-7.1.', 3, 1],
  ['AC-7.2.', 3, 1],
  ['AC-7.3.', 3, 1],
  ['AC-7.4.', 3, 1],
  ['AC-7.5.', 3, 1],
  ['AC-7.6.', 3, 1],
  ['Scope ', 9, 1],
  ['Constraint ', 6, 1],
  ['Detection ', 3, 1],
  ['Upload ', 4, 1],
  ['Collection ', 7, 1],
  ['Record ', 13, 1],
  ['Answer ', 5, 1],
  ['Enforcement ', 2, 1],
  ['Performance ', 6, 1],
  ['Scalability ', 3, 1],
  ['Access ', 3, 1],
  ['Integrity ', 2, 1],
  ['Fault ', 4, 1],
  ['Keeping ', 3, 1],
  ['Metric ', 5, 1],
  ['Log ', 3, 1],
  ['Risk ', 3, 1],
  ['Question ', 3, 1],
  ['Edge ', 6, 1],
  ['Speed ', 3, 1],
  ['Flow ', 3, 1],
  ['B-', 18, 2],
];

export const requirementNumbers: readonly string[] = RANGES.flatMap(([prefix, last, digits]) =>
  Array.from({length: last}, (_, index) => prefix + String(index + 1).padStart(digits, '0')),
);

const HEADS = {met: ['number', 'asks', 'where', 'test'], open: ['number', 'asks', 'missing']} as const;
const MOST_WORDS = 12;

/**
 * Complaints about the tables of the page: every number in one row, the files that a row names there, and in each file the
 * quoted name of the test. Rows below the heading `Open` need neither file nor test.
 */
export function requirementComplaints(page: string, repository: Repository): string[] {
  const complaints: string[] = [];
  const rows = new Map<string, number>();
  let open = false;
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) open = line === '## Open';
    if (!line.startsWith('|') || line.startsWith('| ---')) continue;
    const cells = line.split('|').slice(1, -1);
    const [number = '', asks = '', where = '', tests = ''] = cells.map((cell) => cell.trim());
    if (number === 'number') continue;
    rows.set(number, (rows.get(number) ?? 0) + 1);
    const head = open ? HEADS.open : HEADS.met;
    if (cells.length !== head.length) complaints.push(`${number}: ${cells.length} cells, not ${head.join(', ')}`);
    if (asks.split(/\s+/).length > MOST_WORDS) complaints.push(`${number}: more than ${MOST_WORDS} words`);
    const paths = [...where.matchAll(/`([\w.-]+(?:\/[\w.-]+)+)`/g)].map(([, path = '']) => path);
    if (where === '' || (!open && paths.length === 0)) complaints.push(`${number}: says not where, or what is missing`);
    for (const path of paths) if (!repository.exists(path)) complaints.push(`${number}: ${path} does not exist`);
    if (!open) complaints.push(...tests.split('<br>').flatMap((test) => testComplaints(number, test, repository)));
  }
  for (const number of requirementNumbers) {
    const found = rows.get(number) ?? 0;
    if (found !== 1) complaints.push(`${number}: ${found} rows`);
    rows.delete(number);
  }
  return [...complaints, ...[...rows.keys()].map((number) => `${number}: no such number`)];
}

function testComplaints(number: string, test: string, {read}: Repository): string[] {
  const [, path = '', name = ''] = /^`([^`]+)` › (.+)$/.exec(test) ?? [];
  if (path === '') return [`${number}: no test in ${JSON.stringify(test)}`];
  if (!/\.(test|suite)\.ts$/.test(path) && !path.startsWith('src/stores/contract/'))
    return [`${number}: ${path} is no test`];
  const text = read(path);
  if (text === undefined) return [`${number}: ${path} does not exist`];
  const quoted = [`'`, `"`, '`'].some((quote) => text.includes(quote + name + quote));
  return quoted ? [] : [`${number}: ${path} has no test ${JSON.stringify(name)}`];
}
