import {describe, expect, it} from 'vitest';
import type {PlannedTransfer} from './activities.js';
import {noCounts, splitLocation, transferInput} from './transfer.js';
import {
  addFiles,
  beginTransfer,
  concludeTransfer,
  neverBegun,
  segmentsAtOnce,
  stopsHere,
  type TransferProgress,
} from './transfer-progress.js';

describe('a location', () => {
  it.each([
    ['gpu:/data/x', {name: 'gpu', path: '/data/x'}],
    ['gpu:a:b', {name: 'gpu', path: 'a:b'}],
    ['gpu:line\nbreak', {name: 'gpu', path: 'line\nbreak'}],
    ['./gpu:x', undefined],
    ['/a:b', undefined],
    ['plain', undefined],
    ['gpu:', undefined],
    [':x', undefined],
  ])('%j', (text, expected) => {
    expect(splitLocation(text)).toEqual(expected);
  });
});

describe('the input', () => {
  const places = {sources: ['a:/x'], destination: 'b:/y'};

  it('has the defaults of the requirements', () => {
    expect(transferInput.parse(places).options).toEqual({
      ...{include: [], exclude: [], hidden: false, recursive: true, overwrite: 'always', preserveTimes: true},
      ...{preserveMode: true, verify: 'hash', resume: true, retries: 3, stallTimeoutMs: 60_000, parallel: 4},
      ...{dryRun: false, failFast: false, wait: false, preserveOwner: false, removeFirst: false},
    });
  });

  it.each([
    {...places, sources: []},
    {...places, sources: ['/x']},
    {...places, destination: 'b'},
    {...places, destination: 'b:/x\0'},
    {...places, options: {overwrite: 'sometimes'}},
    {...places, options: {chunkBytes: 1}},
  ])('is refused: %j', (input) => {
    expect(transferInput.safeParse(input).success).toBe(false);
  });
});

const input = transferInput.parse({sources: ['a:/x'], destination: 'b:/y'});
const begun = beginTransfer('copy-1', '2026-01-01T00:00:00.000Z');
const planned: PlannedTransfer = {
  ...{segments: 5, entries: 5, bytes: 50, leftOut: 0, warnings: []},
  lost: {counts: noCounts, failures: []},
};
const failedOne = {counts: {...noCounts, failed: 2}, failures: [{name: 'f', code: 'store.io', message: 'broken'}]};
const end = '2026-01-01T00:00:02.000Z';

describe('how a transfer ends', () => {
  const conclude = (progress: Partial<TransferProgress>) =>
    concludeTransfer({...begun, planned, ...progress}, false, end);

  it('succeeds when nothing else holds', () => {
    expect(conclude({})).toMatchObject({
      outcome: 'succeeded',
      durationMs: 2000,
      manifest: {prefix: 'transfers/copy-1/manifest-', pages: 5},
    });
  });

  it('fails with its first file, and says how many more there are', () => {
    expect(conclude({done: failedOne})).toMatchObject({
      outcome: 'failed',
      failure: {code: 'store.io', message: 'f: broken (and 1 more files)'},
    });
  });

  it('fails for names that could not be carried', () => {
    expect(conclude({planned: {...planned, lost: failedOne}})).toMatchObject({outcome: 'failed', counts: {failed: 2}});
  });

  it('is cancelled, whatever failed meanwhile', () => {
    expect(conclude({cancelled: true, done: failedOne})).toMatchObject({
      outcome: 'cancelled',
      failure: {code: 'execution.cancelled'},
    });
  });
});

describe('what is begun', () => {
  it('as many segments at once as files may be, four at most', () => {
    const parallel = (value: number) => ({...input, options: {...input.options, parallel: value}});
    expect(segmentsAtOnce(input, 100)).toBe(4);
    expect(segmentsAtOnce(parallel(2), 100)).toBe(2);
    expect(segmentsAtOnce(parallel(64), 100)).toBe(4);
    expect(segmentsAtOnce(input, 1)).toBe(1);
  });

  it('nothing more after a segment gave up, or after the first failure where that is asked for', () => {
    const failing = addFiles({...begun, planned}, failedOne);
    const fast = {...input, options: {...input.options, failFast: true}};
    expect(stopsHere(failing, input)).toBe(false);
    expect(stopsHere(failing, fast)).toBe(true);
    const unsettled = [{first: 1, end: 2, code: 'transfer.no-progress', message: 'gone'}];
    expect(stopsHere({...begun, planned, unsettled}, input)).toBe(true);
  });

  it('what was not is reported as that', () => {
    const stopped = {...begun, planned, nextSegment: 3, done: failedOne};
    expect(neverBegun(stopped)).toMatchObject([{first: 3, end: 5, code: 'transfer.not-tried'}]);
    expect(neverBegun({...stopped, nextSegment: 5})).toEqual([]);
  });
});
