// Judges the report of a whole test run: what failed, what was skipped, and which files never ran. Prints `N passed,
// N failed` as its last line; what did not run counts as failed.
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {judge, testReport} from './report/judge.js';

const root = process.cwd();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const report = testReport.parse(JSON.parse(read('node_modules/.cache/test-report.json')));
const committed = execFileSync('git', ['ls-files', '-z', '*.test.ts'], {encoding: 'utf8'}).split('\0').filter(Boolean);
const named = read('test/required-suites.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const {passed, failed, complaints} = judge(report, {committed, named, nameOf: (path) => relative(root, path)});
for (const complaint of complaints) console.log(complaint);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
