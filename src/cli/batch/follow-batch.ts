import type {BatchDownload, BatchHandle} from '../../client/batch-api.js';
import type {BatchOutcome, BatchResult} from '../../contracts/batch.js';
import {mergeRounds} from '../../contracts/batch-progress.js';
import {hasCode} from '../../contracts/errors.js';
import {failureOf} from '../failure-of.js';
import {EXIT} from '../exit-codes.js';
import type {Interrupts} from '../run/interrupts.js';
import type {LocalRecords} from '../run/local-record.js';
import {BatchClock} from './batch-pace.js';
import type {BatchReporter} from './batch-reporter.js';

export interface FollowBatchOptions {
  readonly batch: BatchHandle;
  readonly reporter: BatchReporter;
  readonly interrupts: Interrupts;
  readonly records: LocalRecords;
  /** Absolute directory, below which each input has one for its outputs. */
  readonly into: string;
  readonly remoteOnly: boolean;
  /** Files that this process has sent; absent where it sends none. */
  readonly sent?: () => number;
  /** Rejects where the files cannot be sent. */
  readonly sending?: Promise<unknown>;
  /** Stops the sending. */
  readonly stopSending?: () => void;
}

/** Outputs are fetched for so many executions in one go, or for what has ended by the end. */
const FETCHED_TOGETHER = 20;

/** Follows a batch to its end, fetches what succeeded as it does, and answers with the exit status of the command line. */
export async function followBatch(options: FollowBatchOptions): Promise<number> {
  const {batch, interrupts, reporter, records} = options;
  const stop = new AbortController();
  const followed = toTheEnd(options, stop.signal);
  let stopped = false;
  const sendingFails = failureOf(
    Promise.resolve(options.sending).catch((error: unknown) => {
      // A batch that has ended takes no more files: its end is all there is to say.
      if (!stopped && !hasCode(error, 'batch.not-found')) throw error;
    }),
  );
  // Not waited for: whoever has cancelled may still let go.
  let cancelFails = failureOf(Promise.resolve());
  try {
    for (;;) {
      const next = await Promise.race([followed, interrupts.decision(), sendingFails, cancelFails]);
      if (typeof next !== 'string') {
        const {result, downloads, failed} = next;
        const files = downloads.flatMap((download) => download.files);
        const lost = files.filter(({outcome}) => outcome === 'failed').length;
        await reporter.ended(result, failed, files.length - lost, options.into);
        if (lost === 0 && result.outcome === 'succeeded') await records.remove(batch.id);
        return exitCodeOfBatch(result, lost);
      }
      if (next === 'detach') {
        await reporter.detached(batch.id);
        return EXIT.detached;
      }
      stopped = true;
      options.stopSending?.();
      await reporter.note('Cancelling: everything that runs on the target is ended.');
      cancelFails = failureOf(batch.cancel());
    }
  } finally {
    stop.abort();
    reporter.pause();
    followed.catch(() => undefined);
  }
}

interface Ended {
  readonly result: BatchResult;
  readonly downloads: readonly BatchDownload[];
  readonly failed: readonly BatchOutcome[];
}

async function toTheEnd(options: FollowBatchOptions, signal: AbortSignal): Promise<Ended> {
  const {batch, interrupts, into, remoteOnly, reporter, sent} = options;
  const clock = new BatchClock();
  const outcomes: BatchOutcome[] = [];
  const downloads: BatchDownload[] = [];
  let waiting: BatchOutcome[] = [];
  let fetching: Promise<void> = Promise.resolve();
  const fetch = () => {
    const some = waiting;
    waiting = [];
    fetching = fetching.then(async () => {
      for (const each of await batch.download(some, {into, signal})) {
        downloads.push(each);
        if (!signal.aborted) await reporter.downloaded(each);
      }
    });
    // Awaited below: until then a failure must not end the process.
    fetching.catch(() => undefined);
  };
  for await (const event of batch.progress(signal)) {
    await interrupts.clear();
    signal.throwIfAborted();
    if (event.event === 'progress') await reporter.progress(clock.pace(event.state, Date.now(), sent?.()));
    if (event.event === 'item') {
      outcomes.push(event.outcome);
      await reporter.item(event.outcome);
      // Of one that failed there may be another try, whose outputs would lie beside these.
      if (!remoteOnly && event.outcome.outcome === 'succeeded') waiting.push(event.outcome);
      if (waiting.length >= FETCHED_TOGETHER) fetch();
    }
    if (event.event === 'ended') {
      if (waiting.length > 0) fetch();
      await fetching;
      const last = [...mergeRounds(outcomes).values()].sort((one, other) => one.index - other.index);
      return {result: event.result, downloads, failed: last.filter(({outcome}) => outcome !== 'succeeded')};
    }
  }
  throw new Error(`the progress of ${batch.id} ended before the batch`);
}

/** 120 where at least one did not succeed, or could not be fetched; the others are there. */
export function exitCodeOfBatch({outcome, failure}: BatchResult, lostDownloads: number): number {
  if (outcome === 'cancelled') return EXIT.cancelled;
  if (outcome === 'succeeded') return lostDownloads > 0 ? EXIT.outputs : EXIT.ok;
  return failure?.code === 'batch.incomplete' ? EXIT.outputs : EXIT.failed;
}
