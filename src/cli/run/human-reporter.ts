import type {DownloadedFile, ExecutionEvent, LogChunk} from '../../client/api.js';
import type {MoveProgress, RunProgress} from '../../contracts/checkpoint.js';
import type {ExecutionResult} from '../../contracts/execution.js';
import {formatFailure} from '../failure.js';
import {formatBar, formatProgressSentence} from '../terminal/bar.js';
import {printable, printableText} from '../terminal/printable.js';
import type {Screen} from '../terminal/screen.js';
import type {Reporter, StartFacts} from './reporter.js';
import {
  downloadSentence,
  endSentence,
  failedSentences,
  furtherFailure,
  keptSentences,
  leftOutSentences,
  movedSentence,
  plural,
} from './sentences.js';

const labels = {send: 'Sending', stage: 'Staging', collect: 'Collecting', download: 'Downloading'} as const;
const verbs = {send: 'Sent', stage: 'Staged', collect: 'Collected'} as const;
type Movement = keyof typeof labels;

/** Without a terminal: one line about a movement in this many milliseconds. */
const SENTENCE_INTERVAL_MS = 10_000;

/** Bars on a terminal, plain sentences elsewhere; all of it on standard error. */
export class HumanReporter implements Reporter {
  readonly #screen: Screen;
  readonly #now: () => number;
  #moving: {readonly movement: Movement; readonly progress: MoveProgress} | undefined;
  #lastSentence: number;
  #lastReason = '';
  #outputSeen = false;

  constructor(screen: Screen, now: () => number = Date.now) {
    this.#screen = screen;
    this.#now = now;
    this.#lastSentence = now();
  }

  async started({id, target, inputs}: StartFacts): Promise<void> {
    const {paint} = this.#screen;
    const files = inputs === 0 ? '' : `, ${plural(inputs, 'input')}`;
    this.#screen.line(paint('dim', `Run ${id} on ${printable(target)}${files}`));
  }

  async warning(message: string): Promise<void> {
    this.#screen.warn(printableText(message));
  }

  async note(message: string): Promise<void> {
    this.#screen.line(printableText(message));
  }

  local(direction: 'send' | 'download', progress: MoveProgress): Promise<void> {
    return this.#move(direction, progress);
  }

  async event(event: ExecutionEvent): Promise<void> {
    switch (event.event) {
      case 'move':
        return this.#move(event.progress.direction, event.progress);
      case 'stage':
        return this.#finishMove(event.stage === 'run');
      case 'run':
        await this.#finishMove(true);
        return this.#run(event.progress);
      case 'retrying':
        return this.#retrying(event.stage, event.attempt, event.reason);
      case 'ended':
        return this.#finishMove(false, event.result);
    }
  }

  async output({stream, data}: LogChunk): Promise<void> {
    this.#outputSeen = true;
    await this.#screen.output(stream, data);
  }

  async downloaded(files: readonly DownloadedFile[]): Promise<void> {
    this.#moving = undefined;
    const sentence = downloadSentence(files);
    if (sentence !== undefined) this.#good(sentence);
    for (const line of keptSentences(files)) await this.warning(line);
    for (const line of failedSentences(files)) await this.warning(line);
  }

  async remoteOnly(id: string): Promise<void> {
    this.#screen.line(`Outputs stored remotely. Download with: waybill download ${id}`);
  }

  async ended(result: ExecutionResult): Promise<void> {
    this.pause();
    const {paint, capabilities} = this.#screen;
    for (const line of leftOutSentences(result)) await this.warning(line);
    const end = endSentence(result);
    if (end !== undefined) this.#screen.line(`${paint('red', capabilities.unicode ? '✗' : 'x')} ${printableText(end)}`);
    const failure = furtherFailure(result);
    if (failure !== undefined) this.#screen.line(formatFailure(failure, paint, capabilities.unicode));
  }

  async detached(id: string): Promise<void> {
    this.pause();
    this.#screen.line(`Detached: the run goes on. Follow it with: waybill wait ${id}`);
  }

  pause(): void {
    this.#screen.clearLive();
  }

  #good(text: string): void {
    const {paint, capabilities} = this.#screen;
    this.#screen.line(`${paint('green', capabilities.unicode ? '✓' : '+')} ${text}`);
  }

  async #move(movement: Movement, progress: MoveProgress): Promise<void> {
    if (this.#moving?.movement !== movement) await this.#finishMove();
    this.#moving = {movement, progress};
    const {capabilities, columns} = this.#screen;
    if (capabilities.live) {
      await this.#screen.live(formatBar(labels[movement], progress, {columns, unicode: capabilities.unicode}));
    } else if (this.#due()) {
      this.#screen.line(formatProgressSentence(labels[movement], progress));
    }
  }

  /** A bar that vanishes leaves a sentence behind. A command starts only when all is staged, also what no progress told. */
  async #finishMove(runs = false, result?: ExecutionResult): Promise<void> {
    const moving = this.#moving;
    this.#moving = undefined;
    if (moving === undefined) return;
    this.pause();
    const {movement} = moving;
    const last = runs && movement === 'stage' ? whole(moving.progress) : moving.progress;
    // Progress is seen twice a second, and of one segment: what the result says is all.
    const progress = movement === 'collect' && result !== undefined ? {...last, ...totals(result.collected)} : last;
    const sentence = movement === 'download' ? undefined : movedSentence(verbs[movement], progress);
    if (sentence !== undefined) this.#screen.line(this.#screen.paint('dim', sentence));
  }

  async #run(progress: RunProgress): Promise<void> {
    if (this.#outputSeen) return;
    const text =
      progress.state === 'queued'
        ? `Queued on the target${progress.place === undefined ? '' : `, place ${progress.place}`}`
        : undefined;
    if (text === undefined) this.pause();
    else if (this.#screen.capabilities.live) await this.#screen.live(text);
    else if (this.#due()) this.#screen.line(text);
  }

  async #retrying(stage: string, attempt: number, reason: string): Promise<void> {
    if (reason === this.#lastReason) return;
    this.#lastReason = reason;
    await this.warning(`${stage}: attempt ${attempt}, because: ${reason}`);
  }

  #due(): boolean {
    if (this.#now() - this.#lastSentence < SENTENCE_INTERVAL_MS) return false;
    this.#lastSentence = this.#now();
    return true;
  }
}

function whole(progress: MoveProgress): MoveProgress {
  return {...progress, filesDone: progress.filesTotal, bytesDone: progress.bytesTotal};
}

function totals({files, bytes, resumedBytes}: ExecutionResult['collected']): Partial<MoveProgress> {
  return {filesDone: files, bytesDone: bytes, resumedBytes};
}
