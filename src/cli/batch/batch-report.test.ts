import {describe, expect, it} from 'vitest';
import type {BatchOutcome, BatchResult} from '../../contracts/batch.js';
import {BatchClock} from './batch-pace.js';
import {formatPace, summary} from './batch-reporter.js';
import {formatFailed} from './failed-table.js';
import {exitCodeOfBatch} from './follow-batch.js';

const counts = {items: 100, succeeded: 20, failed: 2, cancelled: 0};

describe('the line of a batch', () => {
  it('has what is done, runs and failed, how fast it goes and how long that takes', () => {
    const clock = new BatchClock();
    clock.pace({counts: {...counts, succeeded: 0, failed: 0}, running: 4}, 0);
    const pace = clock.pace({counts, running: 4}, 11_000, 50);
    expect(formatPace(pace)).toBe('Batch 22/100 done, 4 running, 2 failed, 50 sent  2.0/s  ETA 0:39');
  });

  it('forgets what was faster long ago', () => {
    const clock = new BatchClock();
    clock.pace({counts: {...counts, succeeded: 0, failed: 0}, running: 4}, 0);
    clock.pace({counts, running: 4}, 1_000);
    for (let at = 2_000; at <= 60_000; at += 1_000) clock.pace({counts, running: 4}, at);
    expect(formatPace(clock.pace({counts, running: 4}, 61_000))).toContain('0.0/s  ETA -:--');
  });
});

const failed: BatchOutcome = {
  ...{index: 1, id: 'b-000001', input: 'a\u001b.txt', round: 1, outcome: 'failed', files: 0, bytes: 0},
  ...{code: 'execution.command-failed', message: 'the command exited with 3', exitStatus: 3},
};

it('the table of what failed has input, execution and reason, and no escape of a name', () => {
  const lost: BatchOutcome = {
    ...failed,
    input: 'b',
    outcome: 'lost',
    code: 'execution.lost',
    message: 'gone\nfor good',
  };
  expect(formatFailed([failed, lost], 'b')).toBe(
    [
      'INPUT      EXECUTION  REASON',
      'a\\x1b.txt  b-000001   exited with 3',
      'b          b-000001   gone for good (execution.lost)',
    ].join('\n'),
  );
  expect(
    formatFailed(
      Array.from({length: 150}, () => failed),
      'b',
    ),
  ).toContain('and 50 more: waybill batch b --json');
});

it.each<[BatchResult['outcome'], string | undefined, number, number]>([
  ['succeeded', undefined, 0, 0],
  ['succeeded', undefined, 1, 120],
  ['failed', 'batch.incomplete', 0, 120],
  ['failed', 'target.unknown', 0, 125],
  ['cancelled', 'execution.cancelled', 0, 130],
])('%s with %s and %i that were not fetched ends with %i', (outcome, code, lost, status) => {
  const result: BatchResult = {
    ...{version: 1, batchId: 'b', outcome, counts, failures: [], round: 1, startedAt: '', endedAt: ''},
    ...(code === undefined ? {} : {failure: {code, message: ''}}),
  };
  expect(exitCodeOfBatch(result, lost)).toBe(status);
});

it('says what was never begun', () => {
  expect(summary({counts: {items: 8, succeeded: 1, failed: 0, cancelled: 2}})).toBe(
    '1 of 8 succeeded, 2 cancelled, 5 not begun',
  );
});
