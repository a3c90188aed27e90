import {joinStorePath} from '../stores/paths.js';
import {groupsOf} from '../stores/groups.js';
import type {Store, StorePath} from '../stores/store.js';
import {compressFile} from './compression/compress-file.js';
import {withOriginals} from './compression/originals.js';
import {type FileOutcome, movedOutcome} from './file-outcome.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../stores/in-parallel.js';
import {moveLink} from './links.js';
import {sharingMemory} from './memory-share.js';
import {type FileProgress, moveFile} from './move-file.js';
import {ProgressCounter, type ProgressListener, type ResumedListener, type SegmentProgress} from './move-progress.js';
import type {MoveLimits} from './move-shape.js';
import {plainPartial} from './plain-partial.js';
import type {PlannedFile} from './planned-file.js';
import {SegmentOutcomes} from './segment-outcomes.js';
import {LEAST_GROUP, moveSmallFiles, SMALL_FILE_BYTES, USUAL_GROUP} from './small-files.js';
import {requireCurrent} from './superseded.js';

/** `stalled` where one got no further, `stalled-again` where at least the two before this one did not. */
export type FailedBefore = 'failed' | 'stalled' | 'stalled-again';

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
   * would each get less of it than a piece. Where the next one did not either, nothing is compressed any more. Default:
   * none has failed.
   */
  readonly before?: FailedBefore | undefined;
  readonly signal: AbortSignal;
  /** False once this attempt may no longer write. */
  readonly isCurrent?: () => boolean;
  /** About ten times a second while bytes move, once a second while nothing is settled, and once at the end. */
  readonly onProgress?: ProgressListener;
  /** Once for each file that this attempt takes up, before its outcome. */
  readonly onResumed?: ResumedListener;
  /** Once for each file that this attempt settles, as soon as it is settled. */
  readonly onOutcome?: (outcome: FileOutcome) => void;
  /** Large files under way at once. Default 2. */
  readonly filesAtOnce?: number;
  /** Whether a file waits for the one before it; small ones go in groups all the same. Default false. */
  readonly oneByOne?: boolean;
  readonly limits?: MoveLimits;
}

export interface SegmentResult {
  /** One for each planned file, in the plan's order, those of earlier attempts included. */
  readonly outcomes: readonly FileOutcome[];
  readonly progress: SegmentProgress;
}

/** A group of small files that crosses a slow line says nothing until it is there. */
const QUIET_MS = 1_000;
const GROUPS_AT_ONCE = 2;
const FILES_AT_ONCE = 2;

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
  readonly #outcomes: SegmentOutcomes;

  constructor(options: MoveSegmentOptions) {
    this.#options = {...options, from: readingOriginals(options)};
    this.#counter = new ProgressCounter(options.files, options.onProgress, options.onResumed);
    this.#outcomes = new SegmentOutcomes(options, this.#counter);
  }

  async run(): Promise<SegmentResult> {
    const thrown: unknown[] = [];
    const quiet = setInterval(() => {
      try {
        this.#counter.tellNow();
      } catch (error) {
        thrown.push(error);
      }
    }, QUIET_MS);
    try {
      await this.#moveAll();
    } finally {
      clearInterval(quiet);
      // Also of an attempt that fails: what it has sent since the last word was sent all the same.
      this.#counter.tellNow();
    }
    // What a listener throws ends the transfer, also where nothing else is told any more.
    if (thrown.length > 0) throw thrown[0];
    return {outcomes: this.#outcomes.inOrder(), progress: this.#counter.snapshot()};
  }

  async #moveAll(): Promise<void> {
    const {files, signal} = this.#options;
    signal.throwIfAborted();
    await this.#outcomes.takeEarlier();
    const left = files.filter((file) => !this.#outcomes.has(file));
    const directories = left.filter((file) => file.kind === 'directory');
    await inParallel(directories, QUESTIONS_AT_ONCE, (file) => this.#one(file, () => this.#directory(file)));
    const stalled = this.#stalled;
    const oneByOne = stalled || this.#options.oneByOne === true;
    const [group, mostBytes] = stalled ? [LEAST_GROUP, LEAST_GROUP.bytes] : [USUAL_GROUP, SMALL_FILE_BYTES];
    // What lies compressed is read by the member, not whole.
    const isSmall = ({size, stored}: PlannedFile) => size <= mostBytes && stored === undefined;
    const small = left.filter((file) => file.kind === 'file' && isSmall(file));
    const large = left.filter((file) => file.kind === 'file' && !isSmall(file));
    const moveSmall = (width: number) =>
      inParallel(
        groupsOf(small, group, ({size}) => size),
        width,
        (files) => this.#group(files),
      );
    const moveLarge = (width: number) =>
      inParallel(large, width, (file) =>
        this.#one(file, (startedAt) => sharingMemory(() => this.#large(file, startedAt))),
      );
    const lanes = await Promise.allSettled(
      oneByOne ? [moveSmall(1).then(() => moveLarge(1))] : [moveSmall(GROUPS_AT_ONCE), moveLarge(this.#filesAtOnce)],
    );
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
    // Links last: what they point to is there then.
    const links = left.filter((file) => file.kind === 'link');
    await inParallel(links, QUESTIONS_AT_ONCE, (file) => this.#one(file, (startedAt) => this.#link(file, startedAt)));
    this.#outcomes.throwRetryable();
  }

  get #stalled(): boolean {
    const {before} = this.#options;
    return before === 'stalled' || before === 'stalled-again';
  }

  get #filesAtOnce(): number {
    return this.#options.filesAtOnce ?? FILES_AT_ONCE;
  }

  async #group(group: readonly PlannedFile[]): Promise<void> {
    if (this.#outcomes.stopped) return;
    const startedAt = performance.now();
    const outcomes = await moveSmallFiles(group, {
      ...this.#options,
      fence: () => requireCurrent(this.#options),
      onSent: (bytes) => this.#counter.sent(bytes),
    });
    for (const [index, file] of group.entries()) {
      const result = outcomes[index];
      if (result === undefined) continue;
      if (result.outcome === 'failed') await this.#outcomes.failed(file, result.error, startedAt, file.size);
      else {
        const {outcome: settled, ...details} = result;
        const outcome = details.verified === 'size-only' ? 'unverified' : settled;
        this.#outcomes.settle(file, movedOutcome(file, outcome, startedAt, {...details, sentBytes: file.size}));
      }
    }
  }

  async #large(file: PlannedFile, startedAt: number): Promise<FileOutcome> {
    const {fromRoot, toRoot, owner} = this.#options;
    const told = {
      onProgress: (progress: FileProgress) => this.#counter.moved(file, progress),
      onGain: (bytes: number) => this.#counter.gained(bytes),
    };
    const source = joinStorePath(fromRoot, file.source ?? file.name);
    const stalled = this.#stalled;
    const destination = joinStorePath(toRoot, file.name);
    const identity = file.identity ?? `${file.size} ${file.modifiedAt}`;
    const of = {owner, destination, identity, size: file.size};
    const unfinished = await plainPartial(of, {...this.#options, file, stalled});
    if (file.compressAs !== undefined) {
      const plain = {...unfinished, stalled, stalledAgain: this.#options.before === 'stalled-again'};
      const compressAs = {destination: joinStorePath(toRoot, file.compressAs), plain};
      const compressed = await compressFile({...this.#options, ...told, ...compressAs, file, source});
      if (compressed !== undefined) return compressed;
    }
    if (this.#options.removeFirst === true) await this.#makeRoom(file, destination);
    const outcome = await moveFile({
      ...this.#options,
      ...unfinished,
      ...{...told, file, destination, source},
      afterFailure: this.#options.before !== undefined,
      verify: this.#options.verify ?? 'hash',
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
    return movedOutcome(file, 'copied', startedAt, {verified: 'not-checked'});
  }

  async #link(file: PlannedFile, startedAt: number): Promise<FileOutcome> {
    return movedOutcome(file, await moveLink(file, this.#options), startedAt, {verified: 'not-checked'});
  }

  async #one(file: PlannedFile, work: (startedAt: number) => Promise<FileOutcome>): Promise<void> {
    if (this.#outcomes.stopped) return;
    const startedAt = performance.now();
    try {
      requireCurrent(this.#options);
      this.#outcomes.settle(file, await work(startedAt));
    } catch (error) {
      await this.#outcomes.failed(file, error, startedAt, 0);
    }
  }
}

/** The source, with what lies compressed there read as it was. */
function readingOriginals({from, fromRoot, files}: MoveSegmentOptions): Store {
  const compressed = files.filter(({stored}) => stored !== undefined);
  if (compressed.length === 0) return from;
  return withOriginals(from, new Set(compressed.map(({name, source = name}) => joinStorePath(fromRoot, source))));
}
