import {expect, it} from 'vitest';
import type {CopyProgress} from '../../contracts/checkpoint.js';
import type {FileOutcome} from '../file-outcome.js';
import {SegmentTotals} from './progress.js';

const idle: CopyProgress = {
  ...{filesDone: 0, filesTotal: 2, bytesDone: 0, bytesTotal: 150, rate: 0, resumedBytes: 0, sentBytes: 0},
};
const arrived: FileOutcome = {
  ...{outcome: 'resumed', name: 'a', kind: 'file', size: 100, verified: 'sha256', durationMs: 1},
  ...{sentBytes: 60, resumedBytes: 40, resentBytes: 0},
};
const lost: FileOutcome = {
  ...{outcome: 'failed', name: 'b', kind: 'file', size: 50, code: 'store.io', message: '', retryable: false},
  ...{sentBytes: 20, durationMs: 1},
};

it('counts the segments that are over and the one under way against the whole plan', () => {
  const totals = new SegmentTotals({files: 4, bytes: 400});
  expect(totals.with({...idle, bytesDone: 30})).toMatchObject({bytesDone: 30, bytesTotal: 400, filesTotal: 4});
  totals.finished([arrived, lost]);
  const now = {...idle, filesDone: 1, bytesDone: 70, sentBytes: 80, resumedBytes: 5, rate: 7};
  expect(totals.with(now)).toEqual({
    ...{filesDone: 3, filesTotal: 4, bytesDone: 170, bytesTotal: 400},
    ...{sentBytes: 160, resumedBytes: 45, rate: 7},
  });
});
