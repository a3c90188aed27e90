import {expect, it} from 'vitest';
import type {FileOutcome} from './file-outcome.js';
import {ProgressCounter} from './move-progress.js';
import {SegmentOutcomes} from './segment-outcomes.js';
import {PARTIALS, TwoStores} from './testing/two-stores.js';

const moved = {name: 'a', kind: 'file', size: 1, sentBytes: 0, resentBytes: 0, durationMs: 0} as const;
const failed = {code: 'store.io', message: '', retryable: false} as const;
const outcomes: readonly (readonly [FileOutcome, readonly string[]])[] = [
  [{...moved, outcome: 'resumed', resumedBytes: 1, verified: 'sha256'}, ['taken up', 'resumed']],
  [{...moved, outcome: 'copied', resumedBytes: 0, verified: 'sha256'}, ['copied']],
  [{...moved, ...failed, outcome: 'failed'}, ['failed']],
];

it.each(outcomes)(
  'that a file is taken up is told before its outcome, where it was of use: %#',
  async (outcome, all) => {
    await using stores = await TwoStores.create();
    const file = await stores.put('a', 'x');
    const told: string[] = [];
    const counter = new ProgressCounter([file], undefined, () => told.push('taken up'));
    const {from, to} = stores;
    const settled = new SegmentOutcomes(
      {
        ...{from, fromRoot: '', to, toRoot: '', partials: PARTIALS, owner: 'test', files: [file]},
        ...{ifExists: 'replace', verify: 'hash', signal: new AbortController().signal},
        onOutcome: (now) => told.push(now.outcome),
      },
      counter,
    );
    // The second is not told of at once: progress has just been.
    counter.moved(file, {event: 'sent', offset: 0, bytes: 0});
    counter.moved(file, {event: 'resumed', offset: 0, bytes: 1});
    settled.settle(file, outcome);
    counter.tellNow();
    expect(told).toEqual(all);
  },
);
