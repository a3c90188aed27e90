import type {CopyProgress} from '../../contracts/checkpoint.js';
import type {TransferCounts, TransferNote} from '../../contracts/transfer.js';
import {formatDuration} from '../amounts.js';
import {EXIT} from '../exit-codes.js';
import {formatBar, formatBytes, formatProgressSentence} from '../terminal/bar.js';
import {printable, printableText} from '../terminal/printable.js';
import type {Screen} from '../terminal/screen.js';

/** How a copy ended, whoever did it. */
export interface CopyEnd {
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly dryRun: boolean;
  readonly counts: TransferCounts;
  readonly failures: readonly TransferNote[];
  readonly warnings: readonly TransferNote[];
  readonly leftOut: number;
  readonly durationMs: number;
  readonly failure?:
    | {readonly code: string; readonly message: string; readonly remedy?: string | undefined}
    | undefined;
}

/** Without a terminal: one line in this many milliseconds. */
const SENTENCE_INTERVAL_MS = 10_000;

/** What `copy` tells: a bar or sentences on standard error, or with `--json` every event on standard output. */
export class CopyReporter {
  readonly #screen: Screen;
  readonly #json: boolean;
  #lastSentence = Date.now();
  #lastReason = '';

  constructor(screen: Screen, json: boolean) {
    this.#screen = screen;
    this.#json = json;
  }

  async event(event: {readonly event: string} & Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#json) await this.#screen.result(JSON.stringify(event));
  }

  async progress(progress: CopyProgress): Promise<void> {
    await this.event({event: 'progress', progress});
    if (this.#json) return;
    const {capabilities, columns} = this.#screen;
    if (capabilities.live) {
      await this.#screen.live(formatBar('Copying', progress, {columns, unicode: capabilities.unicode}));
    } else if (Date.now() - this.#lastSentence >= SENTENCE_INTERVAL_MS) {
      this.#lastSentence = Date.now();
      this.#screen.line(formatProgressSentence('Copying', progress));
    }
  }

  async retrying(attempt: number, reason: string): Promise<void> {
    await this.event({event: 'retrying', attempt, reason});
    if (this.#json || reason === this.#lastReason) return;
    this.#lastReason = reason;
    this.#warn(`Attempt ${attempt}, because: ${reason}`);
  }

  line(text: string): void {
    if (!this.#json) this.#screen.line(printableText(text));
  }

  pause(): void {
    this.#screen.clearLive();
  }

  async ended(end: CopyEnd): Promise<number> {
    this.pause();
    await this.event({event: 'ended', result: end});
    if (!this.#json) {
      for (const {name, message} of end.warnings) this.#warn(`${printable(name)}: ${message}`);
      if (end.leftOut > end.warnings.length)
        this.#warn(`${end.leftOut - end.warnings.length} more names were left out`);
      const {paint, capabilities} = this.#screen;
      const good = end.outcome === 'succeeded';
      const mark = good ? (capabilities.unicode ? '✓' : '+') : capabilities.unicode ? '✗' : 'x';
      for (const {name, code, message} of end.failures) {
        this.#screen.line(
          `${paint('red', mark)} ${printable(name)}: ${printableText(message)} ${paint('dim', `(${code})`)}`,
        );
      }
      if (end.failures.length === 0 && end.failure !== undefined) {
        const {code, message, remedy} = end.failure;
        this.#screen.line(`${paint('red', mark)} ${printableText(message)} ${paint('dim', `(${code})`)}`);
        if (remedy !== undefined) this.#screen.line(`  ${printableText(remedy)}`);
      }
      this.#screen.line(`${paint(good ? 'green' : 'red', mark)} ${summary(end)}`);
    }
    return exitCode(end);
  }

  #warn(text: string): void {
    this.#screen.warn(printableText(text));
  }
}

export function exitCode({outcome, counts}: Pick<CopyEnd, 'outcome' | 'counts'>): number {
  if (outcome === 'succeeded') return EXIT.ok;
  if (outcome === 'cancelled') return EXIT.cancelled;
  return counts.failed > 0 ? EXIT.outputs : EXIT.failed;
}

/** `Copied 3 files (20 MB) in 0:02; 1 resumed, 10 MB not sent again; 2 skipped`. */
export function summary(end: CopyEnd): string {
  const {counts, dryRun, durationMs} = end;
  const arrived = counts.copied + counts.resumed + counts.unverified;
  const files = (count: number) => `${count} ${count === 1 ? 'file' : 'files'}`;
  if (dryRun) {
    const kept = counts.skipped === 0 ? '' : `, and keep ${files(counts.skipped)}`;
    return `Would copy ${files(counts.files - counts.skipped)} of ${formatBytes(counts.bytes)}${kept}; nothing was done`;
  }
  const facts = [
    `Copied ${files(arrived)} (${formatBytes(counts.sentBytes)} sent) in ${formatDuration(durationMs)}`,
    counts.resumed === 0 ? '' : `${counts.resumed} resumed, ${formatBytes(counts.resumedBytes)} not sent again`,
    counts.skipped === 0 ? '' : `${counts.skipped} skipped`,
    counts.unverified === 0 ? '' : `${counts.unverified} by size only`,
    counts.failed === 0 ? '' : `${counts.failed} failed`,
  ];
  return facts.filter((fact) => fact !== '').join('; ');
}
