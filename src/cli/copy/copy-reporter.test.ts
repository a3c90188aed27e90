import {describe, expect, it} from 'vitest';
import {noCounts} from '../../contracts/transfer.js';
import {type CopyFlags, copyOptions, requireLocations} from './copy-flags.js';
import {type CopyEnd, exitCode, summary} from './copy-reporter.js';

const end: CopyEnd = {
  ...{outcome: 'succeeded', dryRun: false, failures: [], warnings: [], leftOut: 0, durationMs: 2_000},
  counts: {...noCounts, files: 3, copied: 3, sentBytes: 3_000},
};

describe('what a copy came to', () => {
  it('is said in one line', () => {
    expect(summary(end)).toBe('Copied 3 files (3 kB sent) in 0:02');
    const counts = {...end.counts, copied: 0, resumed: 1, resumedBytes: 5_000, skipped: 2, unverified: 1, failed: 1};
    expect(summary({...end, counts})).toBe(
      'Copied 2 files (3 kB sent) in 0:02; 1 resumed, 5 kB not sent again; 2 skipped; 1 by size only; 1 failed',
    );
    expect(summary({...end, dryRun: true, counts: {...noCounts, files: 3, bytes: 10, skipped: 1}})).toBe(
      'Would copy 2 files of 10 B, and keep 1 file; nothing was done',
    );
  });

  it.each([
    [{outcome: 'succeeded', counts: noCounts}, 0],
    [{outcome: 'failed', counts: {...noCounts, failed: 1}}, 120],
    [{outcome: 'failed', counts: noCounts}, 125],
    [{outcome: 'cancelled', counts: {...noCounts, failed: 1}}, 130],
  ] as const)('%j ends with %i', (ended, status) => {
    expect(exitCode(ended)).toBe(status);
  });
});

describe('flags', () => {
  const none: CopyFlags = {
    include: [],
    exclude: [],
    recursive: true,
    overwrite: 'always',
    preserveTimes: true,
    preserveMode: true,
    verify: 'hash',
    resume: true,
    atomic: true,
  };

  it('that are negated turn into the choice that they stand for', () => {
    expect(copyOptions({...none, overwrite: false, verify: false})).toMatchObject({overwrite: 'never', verify: 'none'});
    expect(copyOptions({...none, timeout: 5_000, maxSize: 7})).toMatchObject({stallTimeoutMs: 5_000, maxSizeBytes: 7});
  });

  it('leave what was not given to the defaults', () => {
    expect(Object.keys(copyOptions(none))).not.toContain('parallel');
  });
});

it('refuses paths of this machine where a worker is to read them', () => {
  expect(() => requireLocations(['gpu:/a', './b'])).toThrow('"./b" is a path of this machine');
  expect(() => requireLocations(['gpu:/a', 'disk:/b'])).not.toThrow();
});
