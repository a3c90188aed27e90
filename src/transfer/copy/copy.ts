import {WaybillError} from '../../contracts/errors.js';
import type {TransferOptions, TransferOptionsRequest} from '../../contracts/transfer.js';
import {inOrder, QUESTIONS_AT_ONCE} from '../../stores/in-parallel.js';
import type {StorePath} from '../../stores/store.js';
import type {FileOutcome} from '../file-outcome.js';
import {finishDirectories} from '../finish-directories.js';
import type {PlannedFile, RefusedEntry} from '../planned-file.js';
import {cutSegments} from '../segments.js';
import {notTried} from './copy-segment.js';
import {Comparison} from './comparison.js';
import {type CopyDestination, copyIdentity, partialsOf} from './destination.js';
import type {CopyEvent} from './events.js';
import {type CopyPlace, keyOf} from './locate.js';
import {parseOptions} from './options.js';
import {keptThere} from './overwrite.js';
import {type CopyPlan, planCopy} from './plan.js';
import {SegmentTotals} from './progress.js';
import {type CopyResult, ResultTally} from './result.js';
import {requireRoom} from './room.js';
import {copyInAttempts} from './segment-attempts.js';

export interface CopyOptions extends TransferOptionsRequest {
  readonly signal?: AbortSignal;
  /** Called for each thing that happens, in order; what it throws ends the copy. */
  readonly onEvent?: (event: CopyEvent) => void;
  /** Whether the result holds every file's outcome, and the names that were not planned: some 300 bytes each. Default true. */
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

/** Files that are planned, moved and settled together. */
const SEGMENT = {maxFiles: 5_000, maxBytes: 64 * 1024 ** 3};

interface Segment {
  readonly key: string;
  readonly files: readonly PlannedFile[];
}

/**
 * Copies files from stores to a store, in this process. Answers when each has its outcome, also where some failed.
 * Rejects where nothing could be done (`input.invalid`, `store.not-found`, `transfer.no-room`, …), with the reason of the
 * signal, and with `transfer.no-progress` when attempt after attempt moved nothing: unfinished files stay then, and the
 * same call takes them up.
 */
export async function copy(
  sources: CopyPlace | readonly CopyPlace[],
  destination: CopyPlace,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const {signal = new AbortController().signal, onEvent, keepOutcomes = true, claim, ...request} = options;
  const places = Array.isArray(sources) ? sources : [sources];
  const caller = {onEvent: onEvent ?? (() => undefined), keepOutcomes, claim};
  try {
    const run = new CopyRun(places, destination, parseOptions(request), signal, caller);
    const result = await run.toTheEnd();
    caller.onEvent({event: 'completed', result});
    return result;
  } catch (error) {
    caller.onEvent({event: 'failed', error});
    throw error;
  }
}

class CopyRun {
  readonly #segments: Segment[] = [];
  readonly #tally: ResultTally;
  #planned = {files: 0, bytes: 0};

  constructor(
    private readonly sources: readonly CopyPlace[],
    private readonly destination: CopyPlace,
    private readonly options: TransferOptions,
    private readonly signal: AbortSignal,
    private readonly caller: {
      readonly onEvent: (event: CopyEvent) => void;
      readonly keepOutcomes: boolean;
      readonly claim: CopyOptions['claim'];
    },
  ) {
    this.#tally = new ResultTally(caller.keepOutcomes);
  }

  async toTheEnd(): Promise<CopyResult> {
    const {sources, destination, options, signal} = this;
    const plan = await planCopy({sources, destination, options, signal});
    const release = options.dryRun ? undefined : await this.#claim(plan);
    try {
      await this.#run(plan);
    } finally {
      await release?.();
    }
    return this.#tally.result(options.dryRun);
  }

  async #claim({destination: {root}, writes: paths}: CopyPlan): Promise<(() => Promise<void>) | undefined> {
    const {options, signal} = this;
    return await this.caller.claim?.({id: this.#identity, paths, root, wait: options.wait, signal});
  }

  async #run(plan: CopyPlan): Promise<void> {
    for (const {key, entries} of plan.groups) {
      for await (const files of cutSegments(this.#files(entries), SEGMENT)) this.#segments.push({key, files});
    }
    const {dryRun} = this.options;
    this.caller.onEvent({event: 'started', ...this.#planned, leftOut: this.#tally.refused, dryRun});
    if (dryRun) await this.#decideOnly(plan.destination);
    else await this.#move(plan.destination);
  }

  async *#files(entries: AsyncIterable<PlannedFile | RefusedEntry>): AsyncGenerator<PlannedFile> {
    for await (const entry of entries) {
      if ('refused' in entry) this.#tally.refuse(entry);
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
      const comparison = new Comparison(from, to, toRoot);
      const looks = inOrder(files, QUESTIONS_AT_ONCE, async (file) => ({
        file,
        kept: await keptThere({from, to, toRoot, file, options, comparison, signal}),
      }));
      for await (const {file, kept} of looks) {
        if (kept !== undefined) this.#tally.take([kept]);
        else this.#tally.takePlanned(file);
        this.caller.onEvent({event: 'planned', name: file.name, size: file.size, would: kept ? 'keep' : 'copy'});
      }
    }
  }

  async #move({store: to, root: toRoot}: CopyDestination): Promise<void> {
    const {options, signal} = this;
    const {onEvent} = this.caller;
    const owner = this.#identity;
    const partials = partialsOf(toRoot, owner);
    await to.makeDirectory(toRoot, {signal});
    const pages = async function* (segments: readonly Segment[]) {
      for (const {files} of segments) yield files;
    };
    if (!options.resume) await to.removeTree(partials, {signal});
    const {bytes} = this.#planned;
    await requireRoom({to, toRoot, partials, bytes, files: () => pages(this.#segments), options}, signal);
    await to.makeDirectory(partials, {mode: 0o700, signal});
    const totals = new SegmentTotals(this.#planned);
    let stopped = false;
    for (const {key, files} of this.#segments) {
      const place = {from: this.#store(key), to, toRoot, partials, owner};
      const outcomes: readonly FileOutcome[] = stopped
        ? files.map((file) => notTried(file, 'not tried, because a file had failed before it'))
        : await copyInAttempts({...place, files, options, signal, totals, onEvent});
      totals.finished(outcomes);
      this.#tally.take(outcomes);
      stopped ||= options.failFast && outcomes.some(({outcome}) => outcome === 'failed');
    }
    const directories = this.#segments.flatMap(({files}) => files.filter(({kind}) => kind === 'directory'));
    if (!stopped) await finishDirectories({to, toRoot, directories, signal});
    await to.removeTree(partials, {signal});
  }

  #store(key: string): CopyPlace['store'] {
    const found = this.sources.find((place) => keyOf(place) === key);
    if (found === undefined) throw new WaybillError('store.io', `the store ${key} is not one of the sources`);
    return found.store;
  }

  get #identity(): string {
    return copyIdentity([...this.sources, this.destination]);
  }
}
