import {randomBytes} from 'node:crypto';
import {hasCode} from '../../src/contracts/errors.js';
import {joinStorePath} from '../../src/stores/paths.js';
import type {Store, StorePath} from '../../src/stores/store.js';
import type {FileOutcome} from '../../src/transfer/file-outcome.js';
import {encodeOutcomePage, mergeOutcomes, parseOutcomePage} from '../../src/transfer/journal-page.js';
import type {MoveReport} from '../../src/worker/move-report.js';
import {MAX_PAGE_BYTES} from './move-plan.js';

/** Milliseconds of outcomes that a crash may forget: their files are then looked at again, not sent again. */
const FLUSH_MS = 1_000;

/**
 * Writes outcomes into the journal while a segment goes on: each attempt under names of its own, so that two at once
 * overwrite nothing. A segment that is over within the first second writes one page, at its end.
 */
class OutcomePages {
  private waiting: FileOutcome[] = [];
  private writing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly store: Store,
    /** Directory of the journal. */
    private readonly journal: StorePath,
    private readonly segment: number,
    private readonly onWritten: (outcomes: readonly FileOutcome[]) => void,
  ) {
    this.timer = setInterval(() => this.flush(), FLUSH_MS);
  }

  add(outcome: FileOutcome): void {
    this.waiting.push(outcome);
  }

  /** Writes what is left. Rejects where a page could not be written. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.flush();
    await this.writing;
    if (this.failure !== undefined) throw this.failure;
  }

  private flush(): void {
    if (this.waiting.length === 0) return;
    const outcomes = this.waiting;
    const page = encodeOutcomePage(outcomes);
    this.waiting = [];
    const name = `${prefix(this.segment)}${String(Date.now()).padStart(15, '0')}-${randomBytes(4).toString('hex')}.ndjson`;
    const key = joinStorePath(this.journal, name);
    this.writing = this.writing
      .then(async () => {
        await this.store.putObject(key, page);
        this.onWritten(outcomes);
      })
      .catch((error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error('a page was not written', {cause: error});
      });
  }
}

/** What an attempt on a segment is given of earlier ones, and what it tells its successors. */
export interface SegmentLog {
  readonly earlier: readonly FileOutcome[];
  readonly onOutcome: (outcome: FileOutcome) => void;
}

/**
 * Moves a segment with what earlier attempts have settled, and writes what this one settles, also where it fails. What
 * has arrived counts once it is in the journal; what failed is tried again by a later attempt, and counts with the last.
 */
export async function journalled(
  store: Store,
  journal: StorePath,
  segment: number,
  signal: AbortSignal,
  report: MoveReport,
  move: (log: SegmentLog) => Promise<readonly FileOutcome[]>,
): Promise<readonly FileOutcome[]> {
  const earlier = await readOutcomes(store, journal, segment, signal);
  const pages = new OutcomePages(store, journal, segment, (written) => report.kept(written.filter(hasArrived)));
  const onOutcome = (outcome: FileOutcome) => {
    report.settled(outcome);
    pages.add(outcome);
  };
  let outcomes: readonly FileOutcome[];
  try {
    outcomes = await move({earlier, onOutcome});
  } finally {
    await pages.close();
  }
  report.kept(outcomes.filter((outcome) => !hasArrived(outcome)));
  return outcomes;
}

function hasArrived({outcome}: FileOutcome): boolean {
  return outcome !== 'failed';
}

/** What all attempts on one segment have settled, one outcome a file; of all segments where none is named. */
export async function readOutcomes(
  store: Store,
  journal: StorePath,
  segment: number | undefined,
  signal: AbortSignal,
): Promise<readonly FileOutcome[]> {
  const wanted = segment === undefined ? 'outcomes-' : prefix(segment);
  const names: string[] = [];
  try {
    for await (const {name} of store.list(journal, {signal})) {
      if (name.startsWith(wanted) && name.endsWith('.ndjson')) names.push(name);
    }
  } catch (error) {
    if (hasCode(error, 'store.not-found')) return [];
    throw error;
  }
  const pages: (readonly FileOutcome[])[] = [];
  for (const name of names.sort()) {
    const page = await store.getObject(joinStorePath(journal, name), MAX_PAGE_BYTES, {signal});
    if (page) pages.push(parseOutcomePage(page));
  }
  return mergeOutcomes(pages);
}

/** What no attempt on a segment has settled, with the reason; read after the pages of all attempts. */
export async function writeUnsettled(
  store: Store,
  journal: StorePath,
  segment: number,
  outcomes: readonly FileOutcome[],
): Promise<void> {
  if (outcomes.length === 0) return;
  await store.putObject(joinStorePath(journal, `${prefix(segment)}unsettled.ndjson`), encodeOutcomePage(outcomes));
}

function prefix(segment: number): string {
  return `outcomes-${String(segment).padStart(6, '0')}-`;
}
