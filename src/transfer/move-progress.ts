import type {MoveProgress} from '../contracts/checkpoint.js';
import type {FileOutcome} from './file-outcome.js';
import type {FileProgress} from './move-file.js';
import type {PlannedFile} from './planned-file.js';
import {RateMeter} from './rate.js';

export type SegmentProgress = Omit<MoveProgress, 'direction'>;

/** `gainedBytes` are those of large files that no attempt before this one had brought: it got further, whatever is proved yet. */
export type ProgressListener = (progress: SegmentProgress, gainedBytes: number) => void;

/** An unfinished file was taken up: `from` is the end of what is proved of it. */
export type ResumedListener = (name: string, from: number) => void;

/** Progress of a segment from which files were left out that are done. */
export function withDone(progress: SegmentProgress, done: readonly FileOutcome[]): SegmentProgress {
  const bytes = sum(done.map(({size}) => size));
  return {
    ...progress,
    filesDone: progress.filesDone + done.length,
    filesTotal: progress.filesTotal + done.length,
    bytesDone: progress.bytesDone + bytes,
    bytesTotal: progress.bytesTotal + bytes,
  };
}

/** Listeners paint or heartbeat: more often than this is work that nobody sees. */
const EVERY_MS = 100;

/** Counts what the lanes of a segment report, each byte once: also those that are sent again. */
export class ProgressCounter {
  readonly #filesTotal: number;
  readonly #bytesTotal: number;
  readonly #listener: ProgressListener | undefined;
  readonly #onResumed: ResumedListener | undefined;
  readonly #rate = new RateMeter(performance.now());
  readonly #underWay = new Map<string, number>();
  #filesDone = 0;
  #bytesDone = 0;
  #sentBytes = 0;
  #resumedBytes = 0;
  #gainedBytes = 0;
  /** By file: several are under way at once. */
  readonly #resumedFrom = new Map<string, number>();
  readonly #resumedUntold = new Set<string>();
  readonly #checking = new Map<string, number>();
  #file: SegmentProgress['file'];
  #toldAt = 0;

  constructor(files: readonly PlannedFile[], listener?: ProgressListener, onResumed?: ResumedListener) {
    this.#filesTotal = files.length;
    this.#bytesTotal = files.reduce((sum, file) => sum + file.size, 0);
    this.#listener = listener;
    this.#onResumed = onResumed;
  }

  moved(file: PlannedFile, progress: FileProgress): void {
    const {bytes} = progress;
    const end = progress.offset + bytes;
    switch (progress.event) {
      case 'claimed':
        this.#checking.set(file.name, (this.#checking.get(file.name) ?? 0) + bytes);
        break;
      case 'refuted':
        this.#checked(file, bytes);
        break;
      case 'resumed':
        this.#checked(file, bytes);
        this.#resumedBytes += bytes;
        if (!this.#resumedFrom.has(file.name)) this.#resumedUntold.add(file.name);
        this.#resumedFrom.set(file.name, Math.max(this.#resumedFrom.get(file.name) ?? 0, end));
        this.#there(file, bytes, end);
        break;
      case 'sent':
        this.#sentBytes += bytes;
        this.#rate.add(bytes, performance.now());
        this.#there(file, bytes, end);
        break;
    }
    this.#tell(false);
  }

  #checked(file: PlannedFile, bytes: number): void {
    const left = (this.#checking.get(file.name) ?? 0) - bytes;
    if (left > 0) this.#checking.set(file.name, left);
    else this.#checking.delete(file.name);
  }

  #there(file: PlannedFile, bytes: number, end: number): void {
    const before = this.#underWay.get(file.name) ?? 0;
    this.#underWay.set(file.name, Math.min(file.size, before + bytes));
    this.#file = {name: file.name, offset: end, size: file.size};
  }

  gained(bytes: number): void {
    this.#gainedBytes += bytes;
  }

  /** Bytes of small files, which are reported in groups. */
  sent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#rate.add(bytes, performance.now());
    this.#tell(false);
  }

  settled(file: PlannedFile, outcome: FileOutcome): void {
    this.#forget(file);
    if (outcome.outcome !== 'failed') this.#bytesDone += file.size;
    this.#filesDone++;
    this.#tell(false);
  }

  /** To be called before the outcome of a file is told: it can be through before any progress is. */
  tellResumed({name}: Pick<PlannedFile, 'name'>): void {
    const from = this.#resumedFrom.get(name);
    if (this.#resumedUntold.delete(name) && from !== undefined) this.#onResumed?.(name, from);
  }

  /** What a file had reached does not count any more: it is tried again later. */
  dropped(file: PlannedFile): void {
    this.#forget(file);
  }

  #forget(file: PlannedFile): void {
    this.#underWay.delete(file.name);
    this.#checking.delete(file.name);
    this.#resumedUntold.delete(file.name);
  }

  snapshot(): SegmentProgress {
    const bytesDone = this.#bytesDone + sum(this.#underWay.values());
    const checkingBytes = sum(this.#checking.values());
    const resumedFrom = this.#file && this.#resumedFrom.get(this.#file.name);
    return {
      filesDone: this.#filesDone,
      filesTotal: this.#filesTotal,
      bytesDone,
      bytesTotal: this.#bytesTotal,
      rate: Math.round(this.#rate.rate(performance.now())),
      resumedBytes: this.#resumedBytes,
      sentBytes: this.#sentBytes,
      ...(this.#file === undefined ? {} : {file: this.#file}),
      ...(resumedFrom === undefined ? {} : {resumedFrom}),
      ...(checkingBytes === 0 ? {} : {checkingBytes}),
    };
  }

  tellNow(): void {
    this.#tell(true);
  }

  #tell(always: boolean): void {
    const now = performance.now();
    if (!always && now - this.#toldAt < EVERY_MS) return;
    this.#toldAt = now;
    for (const name of this.#resumedUntold) if (!this.#checking.has(name)) this.tellResumed({name});
    this.#listener?.(this.snapshot(), this.#gainedBytes);
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
