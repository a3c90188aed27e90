import type {MoveProgress} from '../contracts/checkpoint.js';
import type {FileOutcome} from './file-outcome.js';
import type {FileProgress} from './move-file.js';
import type {PlannedFile} from './planned-file.js';
import {RateMeter} from './rate.js';

export type SegmentProgress = Omit<MoveProgress, 'direction'>;

/** Listeners paint or heartbeat: more often than this is work that nobody sees. */
const EVERY_MS = 100;

/** Counts what the lanes of a segment report, each byte once: also those that are sent again. */
export class ProgressCounter {
  readonly #filesTotal: number;
  readonly #bytesTotal: number;
  readonly #listener: ((progress: SegmentProgress) => void) | undefined;
  readonly #rate = new RateMeter(performance.now());
  readonly #underWay = new Map<string, number>();
  #filesDone = 0;
  #bytesDone = 0;
  #sentBytes = 0;
  #resumedBytes = 0;
  #resumedFrom: number | undefined;
  #file: SegmentProgress['file'];
  #toldAt = 0;

  constructor(files: readonly PlannedFile[], listener: ((progress: SegmentProgress) => void) | undefined) {
    this.#filesTotal = files.length;
    this.#bytesTotal = files.reduce((sum, file) => sum + file.size, 0);
    this.#listener = listener;
  }

  moved(file: PlannedFile, progress: FileProgress): void {
    const before = this.#underWay.get(file.name) ?? 0;
    this.#underWay.set(file.name, Math.min(file.size, before + progress.bytes));
    const end = progress.offset + progress.bytes;
    if (progress.event === 'sent') {
      this.#sentBytes += progress.bytes;
      this.#rate.add(progress.bytes, performance.now());
    } else {
      this.#resumedBytes += progress.bytes;
      this.#resumedFrom = this.#file?.name === file.name ? Math.max(this.#resumedFrom ?? 0, end) : end;
    }
    this.#file = {name: file.name, offset: end, size: file.size};
    this.#tell(false);
  }

  /** Bytes of small files, which are reported in groups. */
  sent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#rate.add(bytes, performance.now());
  }

  settled(file: PlannedFile, outcome: FileOutcome): void {
    this.#underWay.delete(file.name);
    if (outcome.outcome !== 'failed') this.#bytesDone += file.size;
    this.#filesDone++;
    this.#tell(false);
  }

  /** What a file had reached does not count any more: it is tried again later. */
  dropped(file: PlannedFile): void {
    this.#underWay.delete(file.name);
  }

  snapshot(): SegmentProgress {
    let bytesDone = this.#bytesDone;
    for (const bytes of this.#underWay.values()) bytesDone += bytes;
    return {
      filesDone: this.#filesDone,
      filesTotal: this.#filesTotal,
      bytesDone,
      bytesTotal: this.#bytesTotal,
      rate: Math.round(this.#rate.rate(performance.now())),
      resumedBytes: this.#resumedBytes,
      sentBytes: this.#sentBytes,
      ...(this.#file === undefined ? {} : {file: this.#file}),
      ...(this.#resumedFrom === undefined ? {} : {resumedFrom: this.#resumedFrom}),
    };
  }

  finish(): void {
    this.#tell(true);
  }

  #tell(always: boolean): void {
    const now = performance.now();
    if (!always && now - this.#toldAt < EVERY_MS) return;
    this.#toldAt = now;
    this.#listener?.(this.snapshot());
  }
}
