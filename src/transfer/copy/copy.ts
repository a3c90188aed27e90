import {createHash} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import {type Checkpoint, decideAttempt, retryDelay} from '../../contracts/checkpoint.js';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import {
  addCounts,
  noCounts,
  NOTES_SHOWN,
  type TransferCounts,
  type TransferNote,
  transferOptions,
  type TransferOptions,
  type TransferOptionsRequest,
} from '../../contracts/transfer.js';
import type {StorePath} from '../../stores/store.js';
import type {FileOutcome} from '../file-outcome.js';
import {finishDirectories} from '../finish-directories.js';
import type {PlannedFile, RefusedEntry} from '../planned-file.js';
import {cutSegments} from '../segments.js';
import {copySegment} from './copy-segment.js';
import {countsOf, failuresOf, isLeftOut, noteOf} from './counts.js';
import {type CopyDestination, partialsOf} from './destination.js';
import type {CopyEvent} from './events.js';
import type {CopyPlace} from './locate.js';
import {keptThere} from './overwrite.js';
import {type CopyPlan, planCopy} from './plan.js';
import {SegmentTotals} from './progress.js';
import {requireRoom} from './room.js';

export interface CopyOptions extends TransferOptionsRequest {
  readonly signal?: AbortSignal;
  /** Called for each thing that happens, in order; what it throws ends the copy. */
  readonly onEvent?: (event: CopyEvent) => void;
  /** Whether the result holds every file's outcome: some 300 bytes of memory each. Default true. */
  readonly keepOutcomes?: boolean;
  /**
   * Called before anything is written: rejects where another copy writes the same, and answers with what is called at the
   * end. Default: two copies to one place both run, and the later publish of a file stands.
   */
  readonly claim?: (claimed: ClaimedDestination) => Promise<() => Promise<void>>;
}

export interface ClaimedDestination {
  /** The same for every copy between the same places. */
  readonly id: string;
  /** Paths of the destination's store, each with everything below it. */
  readonly paths: readonly StorePath[];
  /** The directory that all of them are in. */
  readonly root: StorePath;
  readonly wait: boolean;
  readonly signal: AbortSignal;
}

export interface CopyResult {
  /** `succeeded` only where every planned file is at the destination, or was kept there on purpose. */
  readonly outcome: 'succeeded' | 'failed';
  readonly dryRun: boolean;
  readonly counts: TransferCounts;
  /** One for each planned entry, in the plan's order; with `dryRun`, of those that would be left as they are. */
  readonly outcomes: readonly FileOutcome[];
  readonly failures: readonly TransferNote[];
  readonly warnings: readonly TransferNote[];
  readonly leftOut: number;
  readonly durationMs: number;
}

/** Files that are planned, moved and settled together. */
const SEGMENT = {maxFiles: 5_000, maxBytes: 64 * 1024 ** 3};

interface Segment {
  readonly key: string;
  readonly files: readonly PlannedFile[];
}

/**
 * Copies files from stores to a store, in this process. Answers when each has its outcome, also where some failed.
 * Rejects where nothing could be done (`store.not-found`, `transfer.no-room`, …), with the reason of the signal, and with
 * `transfer.no-progress` when attempt after attempt moved nothing: unfinished files stay then, and the same call
 * takes them up.
 */
export async function copy(
  sources: CopyPlace | readonly CopyPlace[],
  destination: CopyPlace,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const {signal = new AbortController().signal, onEvent, keepOutcomes = true, claim, ...request} = options;
  const places = Array.isArray(sources) ? sources : [sources];
  const run = new CopyRun(places, destination, transferOptions.parse(request), signal, {onEvent, keepOutcomes, claim});
  try {
    const result = await run.toTheEnd();
    onEvent?.({event: 'completed', result});
    return result;
  } catch (error) {
    onEvent?.({event: 'failed', error});
    throw error;
  }
}

class CopyRun {
  readonly #startedAt = performance.now();
  readonly #segments: Segment[] = [];
  readonly #refused: RefusedEntry[] = [];
  readonly #outcomes: FileOutcome[] = [];
  readonly #failures: TransferNote[] = [];
  #counts = noCounts;
  #planned = {files: 0, bytes: 0};

  constructor(
    private readonly sources: readonly CopyPlace[],
    private readonly destination: CopyPlace,
    private readonly options: TransferOptions,
    private readonly signal: AbortSignal,
    private readonly caller: {
      readonly onEvent: CopyOptions['onEvent'];
      readonly keepOutcomes: boolean;
      readonly claim: CopyOptions['claim'];
    },
  ) {}

  async toTheEnd(): Promise<CopyResult> {
    const {sources, destination, options, signal} = this;
    const plan = await planCopy({sources, destination, options, signal});
    const release = options.dryRun ? undefined : await this.#claim(plan);
    try {
      await this.#run(plan);
    } finally {
      await release?.();
    }
    return this.#result();
  }

  async #claim({destination: {root}, writes: paths}: CopyPlan): Promise<(() => Promise<void>) | undefined> {
    const {options, signal} = this;
    return await this.caller.claim?.({id: this.#identity(), paths, root, wait: options.wait, signal});
  }

  async #run(plan: CopyPlan): Promise<void> {
    const {options, signal} = this;
    for (const {key, entries} of plan.groups) {
      for await (const files of cutSegments(this.#files(entries), SEGMENT)) this.#segments.push({key, files});
    }
    const {dryRun} = options;
    this.caller.onEvent?.({event: 'started', ...this.#planned, leftOut: this.#refused.length, dryRun});
    if (dryRun) await this.#decideOnly(plan.destination);
    else await this.#move(plan.destination, signal);
  }

  async *#files(entries: AsyncIterable<PlannedFile | RefusedEntry>): AsyncGenerator<PlannedFile> {
    for await (const entry of entries) {
      if ('refused' in entry) this.#refused.push(entry);
      else {
        this.#planned = {files: this.#planned.files + 1, bytes: this.#planned.bytes + entry.size};
        yield entry;
      }
    }
  }

  async #decideOnly({store: to, root: toRoot}: CopyDestination): Promise<void> {
    const {options, signal} = this;
    for (const {key, files} of this.#segments) {
      const from = this.#store(key);
      for (const file of files) {
        const kept = await keptThere({from, to, toRoot, file, options, signal});
        if (kept !== undefined) this.#take([kept]);
        else this.#counts = addCounts(this.#counts, planned(file));
        this.caller.onEvent?.({event: 'planned', name: file.name, size: file.size, would: kept ? 'keep' : 'copy'});
      }
    }
  }

  async #move({store: to, root}: CopyDestination, signal: AbortSignal): Promise<void> {
    const id = this.#identity();
    const partials = partialsOf(root, id);
    await to.makeDirectory(root, {signal});
    const pages = async function* (segments: readonly Segment[]) {
      for (const {files} of segments) yield files;
    };
    await requireRoom(to, root, this.#planned.bytes, () => pages(this.#segments), this.options, signal);
    if (!this.options.resume) await to.removeTree(partials, {signal});
    await to.makeDirectory(partials, {mode: 0o700, signal});
    const totals = new SegmentTotals(this.#planned);
    let stopped = false;
    for (const segment of this.#segments) {
      const outcomes: readonly FileOutcome[] = stopped
        ? segment.files.map((file) => untried(file))
        : await this.#segment(segment, {to, toRoot: root, partials, owner: id}, totals);
      totals.finished(outcomes);
      this.#take(outcomes);
      stopped ||= this.options.failFast && outcomes.some(({outcome}) => outcome === 'failed');
    }
    const directories = this.#segments.flatMap(({files}) => files.filter(({kind}) => kind === 'directory'));
    if (!stopped) await finishDirectories({to, toRoot: root, directories, signal});
    await to.removeTree(partials, {signal});
  }

  /** Attempts that get further are not counted; the pauses between them grow while nothing moves. */
  async #segment(
    {key, files}: Segment,
    place: {
      readonly to: CopyPlace['store'];
      readonly toRoot: string;
      readonly partials: string;
      readonly owner: string;
    },
    totals: SegmentTotals,
  ): Promise<readonly FileOutcome[]> {
    const {options, signal} = this;
    const earlier = new Map<string, FileOutcome>();
    let last: Checkpoint | undefined;
    let stalled = false;
    for (let attempt = 1; ; attempt++) {
      const decision = decideAttempt(last, Date.now(), options.retries);
      if (decision.decision === 'give-up') throw new WaybillError('transfer.no-progress', decision.message);
      const {progress: progressAtStart, stalledAttempts} = decision;
      stalled ||= stalledAttempts > 0;
      let progress = progressAtStart;
      let resumed = '';
      try {
        return await copySegment({
          ...{from: this.#store(key), ...place, files, earlier: [...earlier.values()], options, signal},
          segmentsAtOnce: 1,
          before: last && (stalled ? 'stalled' : 'failed'),
          onOutcome: (outcome) => {
            earlier.set(outcome.name, outcome);
            if (outcome.outcome === 'failed') this.caller.onEvent?.({event: 'file-failed', outcome});
            else this.caller.onEvent?.({event: 'file-completed', outcome});
          },
          onProgress: (now, gainedBytes) => {
            progress = Math.max(progress, now.bytesDone + now.filesDone, progressAtStart + gainedBytes);
            if (now.resumedFrom !== undefined && now.file !== undefined && now.file.name !== resumed) {
              resumed = now.file.name;
              this.caller.onEvent?.({event: 'resumed', name: resumed, from: now.resumedFrom});
            }
            this.caller.onEvent?.({event: 'progress', progress: totals.with(now)});
          },
        });
      } catch (error) {
        signal.throwIfAborted();
        if (!hasCode(error) || !error.retryable) throw error;
        last = {version: 1, step: 'move', progress, progressAtStart, stalledAttempts, lastError: error.message};
        this.caller.onEvent?.({event: 'retrying', attempt: attempt + 1, reason: error.message});
        await delay(retryDelay(last, Date.now()), undefined, {signal}).catch(() => signal.throwIfAborted());
      }
    }
  }

  #take(outcomes: readonly FileOutcome[]): void {
    this.#counts = addCounts(this.#counts, countsOf(outcomes));
    this.#failures.push(...failuresOf(outcomes).slice(0, NOTES_SHOWN - this.#failures.length));
    if (this.caller.keepOutcomes) this.#outcomes.push(...outcomes);
  }

  #result(): CopyResult {
    const lost = this.#refused.filter((entry) => !isLeftOut(entry));
    const left = this.#refused.filter(isLeftOut);
    const counts = {...this.#counts, failed: this.#counts.failed + lost.length};
    return {
      outcome: counts.failed === 0 ? 'succeeded' : 'failed',
      dryRun: this.options.dryRun,
      counts,
      outcomes: this.#outcomes,
      failures: [...this.#failures, ...lost.map(noteOf)].slice(0, NOTES_SHOWN),
      warnings: left.slice(0, NOTES_SHOWN).map(noteOf),
      leftOut: left.length,
      durationMs: Math.round(performance.now() - this.#startedAt),
    };
  }

  #store(key: string): CopyPlace['store'] {
    const found = this.sources.find((place) => (place.key ?? place.store.name) === key);
    if (found === undefined) throw new WaybillError('store.io', `the store ${key} is not one of the sources`);
    return found.store;
  }

  /** The same for the same places: what an interrupted copy left is found by the next one. */
  #identity(): string {
    const hash = createHash('sha256');
    for (const {store, key = store.name, path} of [...this.sources, this.destination]) {
      const field = JSON.stringify([key, path]);
      hash.update(`${field}\n`);
    }
    return `direct-${hash.digest('hex').slice(0, 20)}`;
  }
}

function planned(file: PlannedFile): TransferCounts {
  return {...noCounts, entries: 1, files: file.kind === 'file' ? 1 : 0, bytes: file.size};
}

function untried(file: PlannedFile): FileOutcome {
  const {name, kind, size} = file;
  const message = 'not tried, because a file had failed before it';
  return {
    outcome: 'failed',
    ...{name, kind, size, code: 'transfer.not-tried', message, retryable: false, sentBytes: 0, durationMs: 0},
  };
}
