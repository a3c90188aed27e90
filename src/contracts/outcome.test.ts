import {describe, expect, it} from 'vitest';
import type {MovedFiles, RunEnd} from './activities.js';
import {conclude, type ExecutionProgress} from './outcome.js';

const totals = {files: 1, bytes: 10, sentBytes: 10, resumedBytes: 0, failedFiles: 0};
const moved: MovedFiles = {totals, failures: [], warnings: [], missing: []};
const exited = (status: number): RunEnd => ({
  end: {outcome: 'exited', status},
  commandNotFound: false,
  startedAt: '2026-01-01T00:00:00Z',
});
const progress: ExecutionProgress = {
  executionId: 'a',
  target: 'local',
  generation: 1,
  starts: 1,
  cancelled: false,
  run: exited(0),
  collected: moved,
};
const at = '2026-01-01T00:00:01Z';

describe('the one terminal outcome (P5)', () => {
  it('is success where the command exited with 0 and every output is there', () => {
    expect(conclude(progress, at)).toMatchObject({outcome: 'succeeded', endedAt: at, collected: totals});
    expect(conclude(progress, at).failure).toBeUndefined();
  });

  it('is a failure where a required output is missing, whatever the status says', () => {
    const result = conclude({...progress, collected: {...moved, missing: ['*.csv']}}, at);
    expect(result).toMatchObject({
      outcome: 'failed',
      failure: {code: 'execution.required-output-missing', stage: 'collect'},
    });
    expect(result.failure?.message).toContain('"*.csv"');
  });

  it('is a failure where an output could not be collected', () => {
    const failures = [{name: 'a.bin', code: 'source.changed', message: 'changed'}];
    const result = conclude({...progress, collected: {...moved, totals: {...totals, failedFiles: 3}, failures}}, at);
    expect(result.failure).toMatchObject({code: 'source.changed', message: 'a.bin: changed (and 2 more files)'});
  });

  it.each([
    [exited(3), 'failed', 'execution.command-failed'],
    [{...exited(127), commandNotFound: true}, 'failed', 'execution.command-not-found'],
    [{end: {outcome: 'signalled', signal: 9}, commandNotFound: false}, 'failed', 'execution.command-failed'],
    [{end: {outcome: 'timed-out', timeoutMs: 2000}, commandNotFound: false}, 'failed', 'execution.timed-out'],
    [{end: {outcome: 'lost', reason: 'the machine was restarted'}, commandNotFound: false}, 'lost', 'execution.lost'],
    [{end: {outcome: 'cancelled'}, commandNotFound: false}, 'cancelled', 'execution.cancelled'],
  ] as const)('follows the end of the command: %o', (run, outcome, code) => {
    expect(conclude({...progress, run}, at)).toMatchObject({outcome, failure: {code}});
  });

  it('is cancelled where the workflow was cancelled before the command started', () => {
    const before: ExecutionProgress = {executionId: 'a', target: 'local', generation: 1, starts: 0, cancelled: true};
    expect(conclude(before, at)).toMatchObject({outcome: 'cancelled'});
  });
});
