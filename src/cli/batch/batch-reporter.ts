import type {BatchDownload} from '../../client/batch-api.js';
import type {BatchOutcome, BatchResult} from '../../contracts/batch.js';
import {formatDuration} from '../amounts.js';
import {formatFailure} from '../failure.js';
import {failedSentences, keptSentences, plural} from '../run/sentences.js';
import {truncate} from '../terminal/bar.js';
import {printable, printableText} from '../terminal/printable.js';
import type {Screen} from '../terminal/screen.js';
import type {BatchPace} from './batch-pace.js';
import {formatFailed} from './failed-table.js';

/** Without a terminal: one line in this many milliseconds. */
const SENTENCE_INTERVAL_MS = 10_000;

export interface BatchStarted {
  readonly id: string;
  readonly files: number;
  readonly target: string;
}

/** What is followed of a batch: one line on a terminal, sentences elsewhere, or with `--json` every event on standard output. */
export class BatchReporter {
  readonly #screen: Screen;
  readonly #json: boolean;
  #lastSentence = Date.now();

  constructor(screen: Screen, json: boolean) {
    this.#screen = screen;
    this.#json = json;
  }

  async event(event: {readonly event: string} & Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#json) await this.#screen.result(JSON.stringify(event));
  }

  async started(started: BatchStarted): Promise<void> {
    await this.event({event: 'started', ...started});
    const {id, files, target} = started;
    this.line(`Batch ${id} on ${target}, ${plural(files, 'file')}`);
  }

  async progress(pace: BatchPace): Promise<void> {
    await this.event({event: 'progress', ...pace});
    if (this.#json) return;
    const {capabilities, columns} = this.#screen;
    const text = formatPace(pace);
    if (capabilities.live) await this.#screen.live(truncate(text, columns - 1));
    else if (Date.now() - this.#lastSentence >= SENTENCE_INTERVAL_MS) {
      this.#lastSentence = Date.now();
      this.#screen.line(text);
    }
  }

  async item(outcome: BatchOutcome): Promise<void> {
    await this.event({event: 'item', outcome});
  }

  async downloaded({files, into, outcome}: BatchDownload): Promise<void> {
    await this.event({event: 'downloaded', id: outcome.id, input: outcome.input, into, files});
    for (const line of [...keptSentences(files), ...failedSentences(files)])
      await this.warning(`${outcome.input}: ${line}`);
  }

  async warning(message: string): Promise<void> {
    await this.event({event: 'warning', message});
    if (!this.#json) this.#screen.warn(printableText(message));
  }

  async note(message: string): Promise<void> {
    await this.event({event: 'note', message});
    this.line(message);
  }

  line(text: string): void {
    if (!this.#json) this.#screen.line(printableText(text));
  }

  async detached(id: string): Promise<void> {
    this.pause();
    await this.event({event: 'detached', id});
    this.line(`Detached: the batch goes on. Follow it with: waybill wait ${id}`);
  }

  pause(): void {
    this.#screen.clearLive();
  }

  /** `failed` are those that did not succeed in the end, of all rounds; `fetched` the files that were brought here. */
  async ended(result: BatchResult, failed: readonly BatchOutcome[], fetched: number, into: string): Promise<void> {
    this.pause();
    await this.event({event: 'ended', result});
    if (this.#json) return;
    const {paint, capabilities} = this.#screen;
    if (fetched > 0) this.#screen.line(`Downloaded ${plural(fetched, 'file')} below ${printable(into)}`);
    if (failed.length > 0) this.#screen.line(formatFailed(failed, result.batchId));
    const good = result.outcome === 'succeeded';
    const mark = paint(good ? 'green' : 'red', capabilities.unicode ? (good ? '✓' : '✗') : good ? '+' : 'x');
    const took = formatDuration(Date.parse(result.endedAt) - Date.parse(result.startedAt));
    this.#screen.line(`${mark} ${summary(result)} in ${took}`);
    if (result.outcome === 'failed')
      this.#screen.line(
        `  Again what failed, on the files as they were sent: waybill batch ${result.batchId} --retry-failed`,
      );
    const {failure} = result;
    if (failure !== undefined && !['batch.incomplete', 'execution.cancelled'].includes(failure.code)) {
      const {code, message, remedy} = failure;
      this.#screen.line(
        formatFailure({code, message, ...(remedy === undefined ? {} : {remedy})}, paint, capabilities.unicode),
      );
    }
  }
}

/** `98 of 100 succeeded, 2 failed`, and what was cancelled or never begun. */
export function summary({counts}: Pick<BatchResult, 'counts'>): string {
  const {cancelled, failed, items, succeeded} = counts;
  const never = items - succeeded - failed - cancelled;
  const facts = [
    `${succeeded} of ${items} succeeded`,
    failed === 0 ? '' : `${failed} failed`,
    cancelled === 0 ? '' : `${cancelled} cancelled`,
    never <= 0 ? '' : `${never} not begun`,
  ];
  return facts.filter((fact) => fact !== '').join(', ');
}

/** `Batch 120/1000 done, 10 running, 3 failed, 400 sent  12.3/s  ETA 1:10` */
export function formatPace({counts, done, etaMs, rate, running, sent}: BatchPace): string {
  const failed = counts.failed + counts.cancelled;
  const facts = [
    `Batch ${done}/${counts.items} done`,
    `${running} running`,
    `${failed} failed`,
    ...(sent === undefined || sent >= counts.items ? [] : [`${sent} sent`]),
  ];
  const eta = etaMs === undefined ? 'ETA -:--' : `ETA ${formatDuration(etaMs)}`;
  return `${facts.join(', ')}  ${rate.toFixed(rate < 10 ? 1 : 0)}/s  ${eta}`;
}
