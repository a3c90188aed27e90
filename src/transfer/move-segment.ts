import {hasCode, isWaybillError, WaybillError} from '../contracts/errors.js';
import {joinStorePath} from '../stores/paths.js';
import type {Store, StorePath} from '../stores/store.js';
import {compressFile} from './compression/compress-file.js';
import {type FileOutcome, failedOutcome, type MovedOutcome} from './file-outcome.js';
import {inParallel} from '../stores/in-parallel.js';
import {partialPaths} from './keys.js';
import {moveLink} from './links.js';
import {type FileProgress, moveFile} from './move-file.js';
import {isFinal} from './settle-file.js';
import {ProgressCounter, type ProgressListener, type SegmentProgress} from './move-progress.js';
import type {MoveLimits} from './move-shape.js';
import type {PlannedFile} from './planned-file.js';
import {groupsOf, LEAST_GROUP, moveSmallFiles, SMALL_FILE_BYTES, USUAL_GROUP} from './small-files.js';
import {requireCurrent} from './superseded.js';

export type FailedBefore = 'failed' | 'stalled';

export interface MoveSegmentOptions {
  readonly from: Store;
  readonly fromRoot: StorePath;
  readonly to: Store;
  readonly toRoot: StorePath;
  /** An existing directory for unfinished files and their ledgers, on the destination's file system. */
  readonly partials: StorePath;
  /** Whose partials these are: the same for every attempt of one transfer, another for every other transfer. */
  readonly owner: string;
  readonly files: readonly PlannedFile[];
  /** Outcomes of earlier attempts: kept where the destination still has the right kind and size. Failed ones are tried again. */
  readonly earlier?: readonly FileOutcome[];
  readonly ifExists: 'replace' | 'keep';
  /** Default `hash`. */
  readonly verify?: 'hash' | 'size';
  /** Whether sources are hashed where they lie, too, where they can be. Default false. */
  readonly hashSource?: boolean;
  /** Whether a large file that is going to be replaced is removed before its successor is sent. Default false. */
  readonly removeFirst?: boolean;
  /**
   * What became of the attempts before this one, where they failed: large files go on piece by piece then. Where one got
   * no further (`stalled`), small files do too, or go in small groups, and one follows the other: files that share a line
   * would each get less of it than a piece. Default: none has failed.
   */
  readonly before?: FailedBefore | undefined;
  readonly signal: AbortSignal;
  /** False once this attempt may no longer write. */
  readonly isCurrent?: () => boolean;
  /** About ten times a second, and once at the end. */
  readonly onProgress?: ProgressListener;
  /** Once for each file that this attempt settles, as soon as it is settled. */
  readonly onOutcome?: (outcome: FileOutcome) => void;
  /** Large files under way at once. Default 2. */
  readonly filesAtOnce?: number;
  readonly limits?: MoveLimits;
}

export interface SegmentResult {
  /** One for each planned file, in the plan's order, those of earlier attempts included. */
  readonly outcomes: readonly FileOutcome[];
  readonly progress: SegmentProgress;
}

const GROUPS_AT_ONCE = 2;
const NAMES_AT_ONCE = 32;
const FILES_AT_ONCE = 2;
const LARGE_FILES_BYTES = 48 * 1024 * 1024;

/** So many failures in a row that may pass by themselves: the rest would only meet the same. */
const FAILURES_IN_A_ROW = 3;

/**
 * Moves the files of one plan segment; one file's failure stops no other. Resolves when each has its outcome. Throws
 * where another attempt may do better, when all the others are settled: the caller keeps what `onOutcome` was given
 * and passes it as `earlier`.
 */
export async function moveSegment(options: MoveSegmentOptions): Promise<SegmentResult> {
  return await new Segment(options).run();
}

class Segment {
  readonly #options: MoveSegmentOptions;
  readonly #counter: ProgressCounter;
  readonly #outcomes = new Map<string, FileOutcome>();
  #retry: {readonly error: unknown} | undefined;
  #failuresInARow = 0;

  constructor(options: MoveSegmentOptions) {
    this.#options = options;
    this.#counter = new ProgressCounter(options.files, options.onProgress);
  }

  async run(): Promise<SegmentResult> {
    try {
      await this.#moveAll();
    } finally {
      // Also of an attempt that fails: what it has sent since the last word was sent all the same.
      this.#counter.finish();
    }
    const {files} = this.#options;
    return {outcomes: files.map((file) => this.#outcomeOf(file)), progress: this.#counter.snapshot()};
  }

  async #moveAll(): Promise<void> {
    const {files, signal} = this.#options;
    signal.throwIfAborted();
    await this.#takeEarlier();
    const left = files.filter((file) => !this.#outcomes.has(file.name));
    const directories = left.filter((file) => file.kind === 'directory');
    await inParallel(directories, NAMES_AT_ONCE, (file) => this.#one(file, () => this.#directory(file)));
    const stalled = this.#options.before === 'stalled';
    const [group, mostBytes] = stalled ? [LEAST_GROUP, LEAST_GROUP.bytes] : [USUAL_GROUP, SMALL_FILE_BYTES];
    const small = left.filter((file) => file.kind === 'file' && file.size <= mostBytes);
    const large = left.filter((file) => file.kind === 'file' && file.size > mostBytes);
    const moveSmall = (width: number) => inParallel(groupsOf(small, group), width, (files) => this.#group(files));
    const moveLarge = (width: number) =>
      inParallel(large, width, (file) => this.#one(file, (startedAt) => this.#large(file, startedAt)));
    const lanes = await Promise.allSettled(
      stalled ? [moveSmall(1).then(() => moveLarge(1))] : [moveSmall(GROUPS_AT_ONCE), moveLarge(this.#filesAtOnce)],
    );
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
    // Links last: what they point to is there then.
    const links = left.filter((file) => file.kind === 'link');
    await inParallel(links, NAMES_AT_ONCE, (file) => this.#one(file, (startedAt) => this.#link(file, startedAt)));
    if (this.#retry !== undefined) throw this.#retry.error;
  }

  get #filesAtOnce(): number {
    return this.#options.filesAtOnce ?? FILES_AT_ONCE;
  }

  /** What an earlier attempt settled costs one look at the destination, not a second copy. */
  async #takeEarlier(): Promise<void> {
    const {earlier = [], files, to, toRoot, signal} = this.#options;
    const good = new Map(
      earlier.filter((outcome) => outcome.outcome !== 'failed').map((outcome) => [outcome.name, outcome]),
    );
    await inParallel(files, NAMES_AT_ONCE, async (file) => {
      const outcome = good.get(file.name);
      // Planned again for a retry, it may be another file than the one that arrived.
      if (outcome === undefined || (file.kind === 'file' && outcome.size !== file.size)) return;
      const {name, size} = outcome.stored ?? file;
      const entry = await to.stat(joinStorePath(toRoot, name), {signal});
      if (entry?.kind !== file.kind || (file.kind === 'file' && entry.size !== size)) return;
      this.#outcomes.set(file.name, outcome);
      this.#counter.settled(file, outcome);
    });
  }

  async #group(group: readonly PlannedFile[]): Promise<void> {
    if (this.#stopped) return;
    const startedAt = performance.now();
    const outcomes = await moveSmallFiles(group, {
      ...this.#options,
      fence: () => requireCurrent(this.#options),
      onSent: (bytes) => this.#counter.sent(bytes),
    });
    for (const [index, file] of group.entries()) {
      const result = outcomes[index];
      if (result === undefined) continue;
      if (result.outcome === 'failed') await this.#failed(file, result.error, startedAt, file.size);
      else {
        const {outcome: settled, ...details} = result;
        const outcome = details.verified === 'size-only' ? 'unverified' : settled;
        this.#settle(file, moved(file, outcome, startedAt, {...details, sentBytes: file.size}));
      }
    }
  }

  async #large(file: PlannedFile, startedAt: number): Promise<FileOutcome> {
    const {fromRoot, toRoot, partials, owner} = this.#options;
    const told = {
      onProgress: (progress: FileProgress) => this.#counter.moved(file, progress),
      onGain: (bytes: number) => this.#counter.gained(bytes),
    };
    const source = joinStorePath(fromRoot, file.source ?? file.name);
    // Compressed, it goes by whole blocks, and what is resumed is read again: too much for a line that drops that often.
    if (file.compressAs !== undefined && this.#options.before !== 'stalled') {
      const compressAs = joinStorePath(toRoot, file.compressAs);
      const compressed = await compressFile({...this.#options, ...told, file, source, destination: compressAs});
      if (compressed !== undefined) return compressed;
    }
    const destination = joinStorePath(toRoot, file.name);
    const identity = file.identity ?? `${file.size} ${file.modifiedAt}`;
    if (this.#options.removeFirst === true) await this.#makeRoom(file, destination);
    const outcome = await moveFile({
      ...this.#options,
      ...partialPaths(partials, {owner, destination, identity, size: file.size}),
      ...{...told, file, destination, source},
      afterFailure: this.#options.before !== undefined,
      verify: this.#options.verify ?? 'hash',
      limits: {fileBytes: this.#options.limits?.fileBytes ?? LARGE_FILES_BYTES / this.#filesAtOnce},
    });
    return {...outcome, durationMs: Math.round(performance.now() - startedAt)};
  }

  /** What an earlier attempt may have published stays: it has the planned size and time. */
  async #makeRoom(file: PlannedFile, destination: StorePath): Promise<void> {
    const {to, ifExists, signal} = this.#options;
    if (ifExists === 'keep') return;
    const there = await to.stat(destination, {signal});
    if (there?.kind !== 'file') return;
    const resolution = Math.max(1, to.properties.timeResolutionMs);
    const sameTime = Math.abs(there.modifiedAt - file.modifiedAt) < resolution;
    if (there.size !== file.size || !sameTime) await to.remove(destination, {signal});
  }

  /** With what its owner may do in it: the mode of the source is set when everything inside is there. */
  async #directory(file: PlannedFile): Promise<FileOutcome> {
    const {to, toRoot, signal} = this.#options;
    const startedAt = performance.now();
    const path = joinStorePath(toRoot, file.name);
    await to.makeDirectory(path, {mode: (file.mode & 0o777) | 0o700, signal});
    return moved(file, 'copied', startedAt, {verified: 'not-checked'});
  }

  async #link(file: PlannedFile, startedAt: number): Promise<FileOutcome> {
    return moved(file, await moveLink(file, this.#options), startedAt, {verified: 'not-checked'});
  }

  async #one(file: PlannedFile, work: (startedAt: number) => Promise<FileOutcome>): Promise<void> {
    if (this.#stopped) return;
    const startedAt = performance.now();
    try {
      requireCurrent(this.#options);
      this.#settle(file, await work(startedAt));
    } catch (error) {
      await this.#failed(file, error, startedAt, 0);
    }
  }

  async #failed(file: PlannedFile, error: unknown, startedAt: number, sentBytes: number): Promise<void> {
    const {signal, to, partials} = this.#options;
    signal.throwIfAborted();
    if (hasCode(error, 'transfer.superseded')) throw error;
    if (hasCode(error, 'store.not-found') && (await to.stat(partials, {signal})) === undefined) {
      throw new WaybillError('transfer.superseded', 'The directory of unfinished files is gone.', {cause: error});
    }
    if (isFinal(error)) {
      this.#settle(file, failedOutcome(file, error, startedAt, sentBytes));
      return;
    }
    this.#counter.dropped(file);
    this.#retry ??= {error: this.#about(file, error)};
    this.#failuresInARow++;
  }

  /** The stores speak of partials, whose names tell a reader nothing. */
  #about(file: PlannedFile, error: unknown): unknown {
    if (!isWaybillError(error)) return error;
    const {from, to} = this.#options;
    const {code, remedy, message} = error;
    const way = `${JSON.stringify(file.name)}, from ${from.name} to ${to.name}`;
    return new WaybillError(code, `${way}: ${message}`, {path: file.name, remedy, cause: error});
  }

  get #stopped(): boolean {
    return this.#failuresInARow >= FAILURES_IN_A_ROW;
  }

  #settle(file: PlannedFile, outcome: FileOutcome): void {
    if (outcome.outcome !== 'failed') this.#failuresInARow = 0;
    this.#outcomes.set(file.name, outcome);
    this.#options.onOutcome?.(outcome);
    this.#counter.settled(file, outcome);
  }

  #outcomeOf(file: PlannedFile): FileOutcome {
    const outcome = this.#outcomes.get(file.name);
    if (outcome === undefined)
      throw new WaybillError('store.io', 'A file was left without an outcome.', {path: file.name});
    return outcome;
  }
}

function moved(
  file: PlannedFile,
  outcome: MovedOutcome['outcome'],
  startedAt: number,
  details: Pick<MovedOutcome, 'verified'> & Partial<MovedOutcome>,
): MovedOutcome {
  const {name, kind, size} = file;
  const durationMs = Math.round(performance.now() - startedAt);
  return {...{outcome, name, kind, size, sentBytes: 0, resumedBytes: 0, resentBytes: 0, durationMs}, ...details};
}
