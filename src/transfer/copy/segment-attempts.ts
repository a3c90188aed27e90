import {WaybillError} from '../../contracts/errors.js';
import {inAttempts} from '../attempts.js';
import type {FileOutcome} from '../file-outcome.js';
import {copySegment, type CopySegmentOptions} from './copy-segment.js';
import type {CopyEvent} from './events.js';
import type {SegmentTotals} from './progress.js';

export interface SegmentAttempts
  extends Pick<CopySegmentOptions, 'from' | 'to' | 'toRoot' | 'partials' | 'owner' | 'files' | 'options' | 'signal'> {
  readonly totals: SegmentTotals;
  readonly onEvent: (event: CopyEvent) => void;
}

/** Copies one segment. Rejects with `transfer.no-progress` after as many attempts without progress as the options allow. */
export async function copyInAttempts({totals, onEvent, ...segment}: SegmentAttempts): Promise<readonly FileOutcome[]> {
  const {options, signal} = segment;
  return await inAttempts(
    {
      ...{retries: options.retries, signal},
      givenUp: (message) => new WaybillError('transfer.no-progress', message),
      onRetry: (attempt, reason) => onEvent({event: 'retrying', attempt, reason}),
    },
    ({before, earlier, onOutcome, onProgress}) =>
      copySegment({
        ...segment,
        ...{earlier, before, segmentsAtOnce: 1},
        onOutcome: (outcome) => {
          onOutcome(outcome);
          if (outcome.outcome === 'failed') onEvent({event: 'file-failed', outcome});
          else onEvent({event: 'file-completed', outcome});
        },
        onResumed: (name, from) => onEvent({event: 'resumed', name, from}),
        onProgress: (now, gainedBytes) => {
          onProgress(now, gainedBytes);
          onEvent({event: 'progress', progress: totals.with(now)});
        },
      }),
  );
}
