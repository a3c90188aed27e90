import {describe, expect, it} from 'vitest';
import {type ExecutionResult, executionInput, type Failure} from './execution.js';
import {decideRetry} from './retry.js';

const request = executionInput.parse({command: ['true']});
const totals = {files: 0, bytes: 0, sentBytes: 0, resumedBytes: 0, failedFiles: 0};
const ended = (outcome: ExecutionResult['outcome'], failure?: Failure): ExecutionResult => ({
  version: 1,
  executionId: 'a',
  outcome,
  ...(failure ? {failure} : {}),
  target: 'local',
  generation: 2,
  staged: totals,
  collected: totals,
  warnings: [],
  starts: 1,
  endedAt: '2026-01-01T00:00:00Z',
});

const dayAfter = {now: Date.parse('2026-01-02T00:00:00Z'), leftoverDays: 31, lastRunId: 'r'};
const after = {runId: 'r', ended: true};

describe('what a retry does again', () => {
  it.each([
    ['a failed command', ended('failed', {code: 'execution.command-failed', message: '', stage: 'run'}), 3, 'stage'],
    ['a lost command', ended('lost', {code: 'execution.lost', message: '', stage: 'run'}), 3, 'stage'],
    ['a cancelled run', ended('cancelled', {code: 'execution.cancelled', message: '', stage: 'run'}), 3, 'stage'],
    [
      'inputs that could not be staged',
      ended('failed', {code: 'store.no-space', message: '', stage: 'stage'}),
      3,
      'stage',
    ],
    [
      'a missing output',
      ended('failed', {code: 'execution.required-output-missing', message: '', stage: 'collect'}),
      3,
      'stage',
    ],
    [
      'outputs that could not be collected',
      ended('failed', {code: 'store.no-space', message: '', stage: 'collect'}),
      2,
      'collect',
    ],
  ] as const)('%s', (_, result, generation, from) => {
    expect(decideRetry(request, result, dayAfter)).toEqual({
      decision: 'retry',
      request: {...request, resume: {generation, from, after}},
    });
  });

  it.each([
    ['it is still open', undefined],
    ['it succeeded', ended('succeeded')],
    ['its inputs never arrived', ended('failed', {code: 'execution.inputs-missing', message: '', stage: 'upload'})],
  ] as const)('nothing where %s', (_, result) => {
    expect(decideRetry(request, result, dayAfter).decision).toBe('refuse');
  });

  it('everything where the time of the kept workspace is over', () => {
    const result = ended('failed', {code: 'store.no-space', message: '', stage: 'collect'});
    expect(decideRetry(request, result, {...dayAfter, now: Date.parse('2026-02-01T00:00:00Z')})).toEqual({
      decision: 'retry',
      request: {...request, resume: {generation: 3, from: 'stage', after}},
    });
  });
});
