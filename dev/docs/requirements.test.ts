import {expect, it} from 'vitest';
import {requirementComplaints, requirementNumbers} from './requirements.js';

const files: Readonly<Record<string, string>> = {
  'src/a.ts': '',
  'src/a.test.ts': "it('does it', () => undefined); it(`does ${x} too`, () => undefined);",
};
const repository = {read: (path: string) => files[path], exists: (path: string) => path in files};

const met = (number: string) => `| ${number} | asks a thing | \`src/a.ts\` | \`src/a.test.ts\` › does it |`;
const open = (number: string) => `| ${number} | asks a thing | not there |`;
const heads = ['| number | asks | where | test |', '| --- | --- | --- | --- |'];
const [first = '', second = '', ...others] = requirementNumbers;

/** A page with two rows of the first table as given, and every other number open. */
function complaints(one: string, two = met(second), more: readonly string[] = []): string[] {
  const page = ['# Page', '## Document', ...heads, one, two, '## Open', ...others.map(open), ...more].join('\n');
  return requirementComplaints(page, repository);
}

it('knows 185 requirements, and the lists beside them', () => {
  expect(requirementNumbers.filter((number) => /^N?FR-/.test(number))).toHaveLength(185);
  expect(new Set(requirementNumbers).size).toBe(387);
  expect([first, second, others.at(-1)]).toEqual(['FR-001', 'FR-002', 'B-18']);
});

it('has nothing to say of a page that is whole', () => {
  expect(complaints(met(first))).toEqual([]);
  expect(complaints(met(first).replace('does it', 'does ${x} too'))).toEqual([]);
});

it.each<[string, string, readonly string[]]>([
  ['a number that is missing', '', ['FR-001: 0 rows']],
  ['a number that is not asked for', `${met(first)}\n${met('FR-071')}`, ['FR-071: no such number']],
  ['a number that is met and open', `${met(first)}\n${met('FR-003')}`, ['FR-003: 2 rows']],
  ['a file that is gone', met(first).replace('src/a.ts', 'src/b.ts'), ['FR-001: src/b.ts does not exist']],
  ['a test file that is gone', met(first).replace('a.test', 'b.test'), ['FR-001: src/b.test.ts does not exist']],
  ['a test that has another name', met(first).replace('does it', 'does'), ['FR-001: src/a.test.ts has no test "does"']],
  ['a file that holds no tests', met(first).replace('a.test.ts', 'a.ts'), ['FR-001: src/a.ts is no test']],
  ['a row without a test', met(first).replace(/ `src\/a\.test.*it/, ' '), ['FR-001: no test in ""']],
  ['a row without a place', met(first).replace('`src/a.ts`', '?'), ['FR-001: says not where, or what is missing']],
  ['a long description', met(first).replace('thing', 'thing '.repeat(12)), ['FR-001: more than 12 words']],
])('tells of %s', (_, row, expected) => {
  expect(complaints(row)).toEqual(expected);
});

it('wants to know of an open number what is missing', () => {
  const rows = complaints(met(first), met(second)).length;
  expect(rows).toBe(0);
  const page = [
    ...heads,
    met(first),
    met(second),
    '## Open',
    '| FR-003 | asks a thing |  |',
    ...others.slice(1).map(open),
  ];
  expect(requirementComplaints(page.join('\n'), repository)).toEqual(['FR-003: says not where, or what is missing']);
});
