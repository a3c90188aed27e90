import {setTimeout as delay} from 'node:timers/promises';
import {type Checkpoint, decideAttempt, retryDelay} from '../../contracts/checkpoint.js';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import type {FileOutcome} from '../file-outcome.js';
import {copySegment, type CopySegmentOptions} from './copy-segment.js';
import type {CopyEvent} from './events.js';
import type {SegmentTotals} from './progress.js';

export interface SegmentAttempts
  extends Pick<CopySegmentOptions, 'from' | 'to' | 'toRoot' | 'partials' | 'owner' | 'files' | 'options' | 'signal'> {
  readonly totals: SegmentTotals;
  readonly onEvent: (event: CopyEvent) => void;
}

/**
 * Copies one segment, in as many attempts as it takes. Attempts that get further are not counted; the pauses between them
 * grow while nothing moves. Rejects with `transfer.no-progress` after as many without progress as the options allow.
 */
export async function copyInAttempts({totals, onEvent, ...segment}: SegmentAttempts): Promise<readonly FileOutcome[]> {
  const {options, signal} = segment;
  const earlier = new Map<string, FileOutcome>();
  let last: Checkpoint | undefined;
  let stalled = false;
  for (let attempt = 1; ; attempt++) {
    const decision = decideAttempt(last, Date.now(), options.retries);
    if (decision.decision === 'give-up') throw new WaybillError('transfer.no-progress', decision.message);
    const {progress: progressAtStart, stalledAttempts} = decision;
    stalled ||= stalledAttempts > 0;
    let progress = progressAtStart;
    let resumed = '';
    try {
      return await copySegment({
        ...segment,
        earlier: [...earlier.values()],
        segmentsAtOnce: 1,
        before: last && (stalled ? 'stalled' : 'failed'),
        onOutcome: (outcome) => {
          earlier.set(outcome.name, outcome);
          if (outcome.outcome === 'failed') onEvent({event: 'file-failed', outcome});
          else onEvent({event: 'file-completed', outcome});
        },
        onProgress: (now, gainedBytes) => {
          progress = Math.max(progress, now.bytesDone + now.filesDone, progressAtStart + gainedBytes);
          if (now.resumedFrom !== undefined && now.file !== undefined && now.file.name !== resumed) {
            resumed = now.file.name;
            onEvent({event: 'resumed', name: resumed, from: now.resumedFrom});
          }
          onEvent({event: 'progress', progress: totals.with(now)});
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!hasCode(error) || !error.retryable) throw error;
      last = {version: 1, step: 'move', progress, progressAtStart, stalledAttempts, lastError: error.message};
      onEvent({event: 'retrying', attempt: attempt + 1, reason: error.message});
      await delay(retryDelay(last, Date.now()), undefined, {signal}).catch(() => signal.throwIfAborted());
    }
  }
}
