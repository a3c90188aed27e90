import {expect, test} from 'vitest';
import type {FileOutcome} from '../../src/transfer/file-outcome.js';
import type {RefusedEntry} from '../../src/transfer/planned-file.js';
import type {MovePlan} from './move-plan.js';
import {movedFiles} from './totals.js';

const nothing: MovePlan = {segments: [], refused: [], missing: []};

function arrived(name: string, kind: FileOutcome['kind'], sentBytes: number, resumedBytes = 0): FileOutcome {
  const size = sentBytes + resumedBytes;
  const cost = {size, sentBytes, resumedBytes, resentBytes: 0, durationMs: 1};
  return {outcome: resumedBytes > 0 ? 'resumed' : 'copied', name, kind, verified: 'sha256', ...cost};
}

function failed(name: string): FileOutcome {
  const error = {code: 'store.io', message: 'gone', retryable: false};
  return {outcome: 'failed', name, kind: 'file', size: 100, ...error, sentBytes: 7, durationMs: 1};
}

function refused(name: string, code: string): RefusedEntry {
  return {name, refused: {code, message: `${name} is refused`}};
}

test('directories are no files, and bytes that failed were sent all the same', () => {
  const outcomes = [
    arrived('d', 'directory', 0),
    arrived('d/a', 'file', 10),
    arrived('d/b', 'file', 5, 20),
    arrived('d/l', 'link', 0),
    failed('d/c'),
  ];
  expect(movedFiles(nothing, outcomes)).toEqual({
    totals: {files: 3, bytes: 35, sentBytes: 22, resumedBytes: 20, failedFiles: 1, directories: 1},
    failures: [{name: 'd/c', code: 'store.io', message: 'gone'}],
    warnings: [],
    missing: [],
  });
});

test('a name that cannot be carried is a file lost; what has no content is told and fails nothing', () => {
  const entries = [
    refused('bad\\xff', 'name.not-carried'),
    refused('pipe', 'source.special-file'),
    refused('out', 'link.leaves-root'),
  ];
  const {totals, failures, warnings} = movedFiles({...nothing, refused: entries}, []);
  expect(totals.failedFiles).toBe(1);
  expect(failures).toEqual([{name: 'bad\\xff', code: 'name.not-carried', message: 'bad\\xff is refused'}]);
  expect(warnings.map(({name}) => name)).toEqual(['pipe', 'out']);
});

test('patterns that nothing matches are passed on', () => {
  expect(movedFiles({...nothing, missing: ['*.out']}, []).missing).toEqual(['*.out']);
});

test('all failures count, and the first twenty of each kind travel', () => {
  const many = Array.from({length: 25}, (_, index) => `f${index}`);
  const entries = many.map((name) => refused(name, 'source.special-file'));
  const {totals, failures, warnings} = movedFiles({...nothing, refused: entries}, many.map(failed));
  expect(totals.failedFiles).toBe(25);
  expect(failures.map(({name}) => name)).toEqual(many.slice(0, 20));
  expect(warnings.map(({name}) => name)).toEqual(many.slice(0, 20));
});
