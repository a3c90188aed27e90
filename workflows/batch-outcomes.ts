import {CancellationScope, sleep} from '@temporalio/workflow';
import type {BatchOutcome} from '../src/contracts/batch.js';
import type {BatchProgress} from '../src/contracts/batch-progress.js';
import {batchActivities} from './activity-options.js';

/** Outcomes of one page of the journal: an activity for each page costs little, and the page is far below a payload's limit. */
const PAGE = 100;

/** How the items of a batch ended, on the way into the journal: a history holds none of them for long. */
export class BatchOutcomes {
  private gathered: BatchOutcome[] = [];
  private readonly underWay: (readonly BatchOutcome[])[] = [];
  private writing: Promise<void> = Promise.resolve();
  private next: number;

  /** `onWritten` is told how many pages the journal has. */
  constructor(
    private readonly progress: () => BatchProgress,
    private readonly onWritten: (pages: number) => void,
  ) {
    this.next = progress().outcomePages;
  }

  add(outcome: BatchOutcome): void {
    this.gathered.push(outcome);
    if (this.gathered.length >= PAGE) void this.flush().catch(() => undefined);
  }

  unwritten(): readonly BatchOutcome[] {
    return [...this.underWay.flat(), ...this.gathered];
  }

  /** Resolves when everything is in the journal. Pages are written one after the other, so that a reader misses none. */
  flush(): Promise<void> {
    if (this.gathered.length === 0) return this.writing;
    const outcomes = this.gathered;
    const page = this.next;
    this.gathered = [];
    this.next += 1;
    this.underWay.push(outcomes);
    this.writing = this.writing.then(() => CancellationScope.nonCancellable(() => this.write(page, outcomes)));
    return this.writing;
  }

  private async write(page: number, outcomes: readonly BatchOutcome[]): Promise<void> {
    const {batchId, round} = this.progress();
    for (let kept = false; !kept; ) {
      try {
        await batchActivities(`Keep ${outcomes.length} outcomes`).keepBatchOutcomes({batchId, round, page, outcomes});
        kept = true;
      } catch {
        // A page that is missing would hide all that follow, and a store that is full or away comes back.
        await sleep('30s');
      }
    }
    this.underWay.shift();
    this.onWritten(page + 1);
  }
}
