import {readFile} from 'node:fs/promises';
import {expect, it} from 'vitest';
import {withMeasured} from './measured.js';

const read = (path: string) => readFile(path, 'utf8');

it('has in the comparison what was measured last (npm run docs:generate)', async () => {
  const [comparison, results] = [await read('docs/comparison.md'), await read('bench/RESULTS.md')];
  expect(comparison).toBe(withMeasured(comparison, results));
  expect(comparison).toMatch(/\| rsync: [\d.]+ s/);
});

it('takes rows that name another tool, and leaves the text around them', () => {
  const comparison =
    'before\n\n<!-- measured: `npm run docs:generate` takes the rows from bench/RESULTS.md -->\n\nold\n\n<!-- measured -->\nafter\n';
  const results = [
    '| Measure   | Waybill | Compared with | Figure | Target | Met |',
    '|-----------|---------|---------------|--------|--------|-----|',
    '| one: put  | 2 s     | mc: 3 s       | 1.50×  | ≥ 1.0× | yes |',
    '| one: peak | 9 MiB   | –             | 9 MiB  | –      | –   |',
  ].join('\n');
  const made = withMeasured(comparison, results);
  expect(made).toContain('\n| one: put | 2 s | mc: 3 s | 1.50× |\n');
  expect(made).not.toContain('peak');
  expect(made).not.toContain('old');
  expect(made).toMatch(/^before\n/);
  expect(made).toMatch(/-->\nafter\n$/);
  expect(withMeasured(made, results)).toBe(made);
});
