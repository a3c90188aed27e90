import {expect, test} from 'vitest';
import type {FailedOutcome, FileOutcome, MovedOutcome} from './file-outcome.js';
import {
  encodeManifest,
  encodeOutcomePage,
  encodePlanPage,
  manifestOf,
  mergeOutcomes,
  parseManifest,
  parseOutcomePage,
  parsePlanPage,
} from './journal-page.js';
import type {PlannedFile, RefusedEntry} from './planned-file.js';

const SHA256 = 'ab'.repeat(32);

function planned(name: string, more: Partial<PlannedFile> = {}): PlannedFile {
  return {name, kind: 'file', size: 5, mode: 0o644, modifiedAt: 1_700_000_000_000.5, ...more};
}

function arrived(name: string, more: Partial<MovedOutcome> = {}): FileOutcome {
  const cost = {sentBytes: 5, resumedBytes: 0, resentBytes: 0, durationMs: 3};
  return {outcome: 'copied', name, kind: 'file', size: 5, sha256: SHA256, verified: 'sha256', ...cost, ...more};
}

function failed(name: string, more: Partial<FailedOutcome> = {}): FileOutcome {
  const error = {code: 'store.io', message: 'gone', retryable: true};
  return {outcome: 'failed', name, kind: 'file', size: 5, ...error, sentBytes: 2, durationMs: 1, ...more};
}

test('a plan comes back as it was written, with names that try to end a line', () => {
  const refused: RefusedEntry = {name: 'pipe', refused: {code: 'source.special-file', message: 'no content'}};
  const entries = [
    planned('a\nb "quoted" \\ ü\u2028'),
    planned('link', {kind: 'link', size: 0, linkTarget: 'a\n{"waybill":"plan"}'}),
    refused,
  ];
  expect(parsePlanPage(encodePlanPage(entries))).toEqual(entries);
  expect(parsePlanPage(encodePlanPage([]))).toEqual([]);
});

test('outcomes and manifests come back as they were written', () => {
  const outcomes = [arrived('a'), failed('b')];
  expect(parseOutcomePage(encodeOutcomePage(outcomes))).toEqual(outcomes);
  const lines = manifestOf([planned('a')], outcomes);
  expect(parseManifest(encodeManifest(lines))).toEqual(lines);
});

const whole = Buffer.from(encodePlanPage([planned('a'), planned('b')])).toString();
test.each<[string, string]>([
  ['without its last line', whole.split('\n').slice(0, 2).join('\n') + '\n'],
  ['without its last byte', whole.slice(0, -1)],
  ['with a line too many', `${whole}${whole.split('\n')[1] ?? ''}\n`],
  ['with more after its end', `${whole}{}`],
  ['of nothing', ''],
  ['of another version', whole.replace('"version":1', '"version":2')],
  ['of another kind', Buffer.from(encodeManifest([])).toString()],
  ['whose name leaves the tree', whole.replace('"name":"a"', '"name":"../a"')],
])('a page %s is refused', (_what, page) => {
  expect(() => parsePlanPage(Buffer.from(page))).toThrow(expect.objectContaining({code: 'store.io'}));
});

test('a page that is cut off anywhere is refused', () => {
  const page = encodePlanPage([planned('a'), planned('b')]);
  for (let length = 0; length < page.length; length++) {
    expect(() => parsePlanPage(page.subarray(0, length)), `${length} bytes`).toThrow();
  }
});

test('a manifest has what arrived, in the order of the plan', () => {
  const plan = [
    planned('b'),
    planned('a'),
    planned('lost'),
    planned('never'),
    planned('to', {kind: 'link', linkTarget: 'a'}),
  ];
  const link = arrived('to', {kind: 'link', sha256: undefined, verified: 'not-checked'});
  const lines = manifestOf(plan, [link, arrived('a'), failed('lost'), arrived('b')]);
  expect(lines.map(({name}) => name)).toEqual(['b', 'a', 'to']);
  expect(lines[1]).toEqual({...planned('a'), sha256: SHA256, verified: 'sha256'});
  expect(lines[2]).toEqual({...planned('to', {kind: 'link', linkTarget: 'a'}), verified: 'not-checked'});
});

test('a later outcome stands, but no failure takes the place of a file that arrived', () => {
  const merged = mergeOutcomes([
    [failed('retried'), arrived('late failure'), failed('twice')],
    [arrived('retried', {outcome: 'resumed'}), failed('late failure'), failed('twice', {code: 'ssh.connect'})],
  ]);
  expect(merged).toHaveLength(3);
  expect(merged).toMatchObject([
    {name: 'retried', outcome: 'resumed', sentBytes: 7},
    {name: 'late failure', outcome: 'copied', sentBytes: 5},
    {name: 'twice', outcome: 'failed', code: 'ssh.connect', sentBytes: 4},
  ]);
});
