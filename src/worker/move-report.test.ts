import {expect, it} from 'vitest';
import type {FileOutcome} from '../transfer/file-outcome.js';
import type {PlannedFile} from '../transfer/planned-file.js';
import {AuditTrail} from './audit-trail.js';
import {createLog} from './log.js';
import {Metrics} from './metrics.js';
import {MoveReport} from './move-report.js';

function recorded(file: Partial<PlannedFile> = {}) {
  const lines: string[] = [];
  const told: [name: string, value: number, labels: unknown][] = [];
  const tell = (name: string) => (value: number, labels: unknown) => void told.push([name, value, labels]);
  const base = {withTags: () => expect.unreachable()};
  const metrics = new Metrics({
    createCounter: (name) => ({...base, name, kind: 'counter', valueType: 'int', add: tell(name)}),
    createGauge: (name) => ({...base, name, kind: 'gauge', valueType: 'int', set: tell(name)}),
    createHistogram: (name) => ({...base, name, kind: 'histogram', valueType: 'float', record: tell(name)}),
  });
  const audit = new AuditTrail(createLog('info', {write: (line) => void lines.push(line)}), undefined);
  const report = new MoveReport(
    {
      ...{correlationId: 'order-1', run: 'copy-1', requestedBy: 'ann@desk', attempt: 2, operation: 'copy'},
      source: {name: 'disk', directory: '/data'},
      destination: {name: 'far', directory: '/to/there'},
      files: [{name: 'a', source: 'in/a', kind: 'file', size: 10, mode: 0o644, modifiedAt: 0, ...file}],
    },
    metrics,
    audit,
  );
  return {report, told, records: () => lines.map((line): unknown => JSON.parse(line))};
}

const places = {operation: 'copy', source: 'disk', destination: 'far'};
const resumed: FileOutcome = {
  ...{outcome: 'resumed', name: 'a', kind: 'file', size: 10, sha256: 'ab', verified: 'sha256'},
  ...{sentBytes: 6, resumedBytes: 5, resentBytes: 1, durationMs: 1_500},
};
const failed: FileOutcome = {
  ...{outcome: 'failed', name: 'sub/b', kind: 'file', size: 4, code: 'transfer.checksum-mismatch', message: 'other'},
  ...{retryable: true, sentBytes: 4, durationMs: 7},
};

it('audits each file once with both locations, digest, bytes, and how it was verified', () => {
  const {report, records} = recorded();
  report.settled(resumed);
  report.settled(failed);
  report.settled({...resumed, kind: 'directory'});
  const who = {correlationId: 'order-1', run: 'copy-1', requestedBy: 'ann@desk', operation: 'copy', attempt: 2};
  expect(records()).toEqual([
    expect.objectContaining({
      ...who,
      ...{source: 'disk:/data/in/a', destination: 'far:/to/there/a', outcome: 'resumed', sha256: 'ab'},
      ...{verified: 'sha256', size: 10, sentBytes: 6, resumedBytes: 5, resentBytes: 1, durationMs: 1_500},
    }),
    expect.objectContaining({
      ...who,
      ...{source: 'disk:/data/sub/b', destination: 'far:/to/there/sub/b'},
      ...{outcome: 'failed', code: 'transfer.checksum-mismatch', message: 'other'},
    }),
  ]);
});

it('counts outcomes, what resuming saved, sizes, times, checks, and failures by code', () => {
  const {report, told} = recorded();
  report.kept([resumed, failed]);
  expect(told).toEqual([
    ['waybill_files_total', 1, {...places, outcome: 'resumed'}],
    ['waybill_file_verifications_total', 1, {...places, result: 'sha256'}],
    ['waybill_file_size_bytes', 10, places],
    ['waybill_file_duration_seconds', 1.5, places],
    ['waybill_resumed_bytes_total', 5, places],
    ['waybill_resent_bytes_total', 1, places],
    ['waybill_files_total', 1, {...places, outcome: 'failed'}],
    ['waybill_file_failures_total', 1, {...places, category: 'transfer', code: 'transfer.checksum-mismatch'}],
    ['waybill_file_verifications_total', 1, {...places, result: 'mismatch'}],
  ]);
});

it.each([
  ['on its way', {}, {...resumed, stored: {name: 'a.gz', size: 4, compression: 'gzip'}}],
  ['before', {stored: {name: 'in/a', size: 4, compression: 'gzip'}}, resumed],
] as const)('counts both sizes of what was compressed %s', (_, file, outcome) => {
  const {report, told} = recorded(file);
  report.kept([outcome, failed]);
  expect(told.filter(([name]) => name.startsWith('waybill_compressed_'))).toEqual([
    ['waybill_compressed_original_bytes_total', 10, places],
    ['waybill_compressed_stored_bytes_total', 4, places],
  ]);
});

it('counts each byte that is sent once', () => {
  const {report, told} = recorded();
  for (const sentBytes of [0, 100, 100, 250]) report.progress({sentBytes});
  expect(told.map(([name, value]) => [name, value])).toEqual([
    ['waybill_sent_bytes_total', 100],
    ['waybill_sent_bytes_total', 150],
  ]);
});

it('tells of names that cannot be carried as files that failed', () => {
  const {report, told, records} = recorded();
  report.refused([{name: 'bad\\xff', refused: {code: 'name.not-carried', message: 'not UTF-8'}}]);
  expect(told).toEqual([
    ['waybill_files_total', 1, {...places, outcome: 'failed'}],
    ['waybill_file_failures_total', 1, {...places, category: 'name', code: 'name.not-carried'}],
  ]);
  expect(records()).toMatchObject([{outcome: 'failed', code: 'name.not-carried', source: 'disk:/data/bad\\xff'}]);
});
