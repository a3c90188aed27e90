import {hasCode, WaybillError} from '../../contracts/errors.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Entry, PartialFile, SourceFile} from '../../stores/store.js';
import {blockBytesOf} from '../blocks.js';
import {hasChanged, requireSameSource, sourceChanged} from '../changed-source.js';
import type {FileOutcome, MovedOutcome} from '../file-outcome.js';
import {isLedgerName, isPartialName, type PartialPaths, partialPaths} from '../keys.js';
import {moveShape, type MoveShape} from '../move-shape.js';
import {attributesOf, type PlannedFile, withAttributes} from '../planned-file.js';
import {hasTimeOf, PUBLISHED_ALREADY, publishedAlready} from '../published-already.js';
import {isFinal} from '../settle-file.js';
import {requireCurrent} from '../superseded.js';
import {withUnfinished} from '../with-unfinished.js';
import type {CompressFileOptions} from './compress-file.js';
import {
  type Claims,
  CompressionLedger,
  type CompressionHead,
  mostCompressedBytes,
  NO_CLAIMS,
  readClaims,
} from './compression-ledger.js';
import {goesCompressed} from './goes-compressed.js';
import {heldMembers, originalBytes} from './held-members.js';
import {Layout} from './layout.js';
import {type Compressed, digestIfMadeOf, originalThere} from './original-there.js';
import {type Counts, Transport} from './transport.js';
import {sampleDigest} from './worth-compressing.js';

interface Unfinished extends PartialPaths {
  readonly head: CompressionHead;
  readonly claims: Claims;
}

/**
 *     open source, compress its first MiB ──► not worth it, or more has arrived as it is? ──► undefined
 *       │
 *     read ledger ──► published by another attempt, or there already? ──► its outcome
 *       │
 *     prove the blocks of earlier attempts
 *       │
 *     ┌─ read, compress, send what is missing ◄── refuted ──┐   until every block is proved
 *     └─ prove blocks where they lie ───────────────────────┘
 *       │                                beside it, where something was resumed: digest of the whole source
 *     source still the same? ──► ledger: whole ──► publish
 */
export class CompressionAttempt {
  readonly #options: CompressFileOptions;
  readonly #startedAt: number;
  readonly #fresh: boolean;
  readonly #shape: MoveShape;
  readonly #blockBytes: number;
  #file: PlannedFile;
  #counts: Counts = {sentBytes: 0, resumedBytes: 0, resentBytes: 0};

  constructor(options: CompressFileOptions, startedAt: number, {fresh}: {readonly fresh: boolean}) {
    const {from, to, file} = options;
    this.#options = options;
    this.#startedAt = startedAt;
    this.#fresh = fresh;
    this.#file = file;
    this.#shape = moveShape(from.properties, to.properties);
    const most = mostCompressedBytes(file.size);
    this.#blockBytes = to.properties.partBytes?.(most) ?? blockBytesOf(most);
  }

  async run(): Promise<FileOutcome | undefined> {
    const {from, to, source, file, signal} = this.#options;
    if (to.properties.hashing === 'none') return undefined;
    if (!this.#goesOn(NO_CLAIMS) && !(await this.#mayBeBegun())) return undefined;
    const opened = await from.openSource(source, {signal});
    try {
      requireSameSource(file, opened.entry);
      this.#file = withAttributes(file, opened.entry);
      const sample = await this.#sample(opened);
      if (sample === undefined) return undefined;
      const unfinished = await this.#unfinished(sample);
      const existing = await this.#existing(opened, unfinished);
      if (existing !== undefined || !this.#goesOn(unfinished.claims)) return existing;
      return await this.#move(opened, unfinished);
    } finally {
      await opened.close();
    }
  }

  #goesOn(claims: Claims): boolean {
    const {plain} = this.#options;
    if (plain === undefined) return true;
    const {size} = this.#file;
    return goesCompressed(originalBytes(heldMembers(this.#layout(claims.members), claims), size), plain);
  }

  /**
   * Whether an attempt may have compressed some of it: the ledger of that has a name that only the sample tells, which a
   * bad line is spared where nobody has written one.
   */
  async #mayBeBegun(): Promise<boolean> {
    const {to, destination, partials, plain, signal} = this.#options;
    if ((await to.stat(destination, {signal})) !== undefined) return true;
    const others = plain?.ledgers ?? [];
    for await (const {name} of to.list(partials, {attributes: false, signal})) {
      if (isPartialName(name) && isLedgerName(name) && !others.includes(joinStorePath(partials, name))) return true;
    }
    return false;
  }

  async #sample(source: SourceFile): Promise<string | undefined> {
    const {to, destination, plain, signal} = this.#options;
    try {
      return await sampleDigest(source, signal);
    } catch (error) {
      signal.throwIfAborted();
      const isOfLine = hasCode(error) && error.retryable && !isFinal(error);
      if (!isOfLine || plain?.stalled !== true) throw error;
      // It may be there already: as it is, it would be there twice.
      if ((await to.stat(destination, {signal})) !== undefined) throw error;
      return undefined;
    }
  }

  async #unfinished(sample: string): Promise<Unfinished> {
    const {to, partials, owner, destination, signal} = this.#options;
    const {size, modifiedAt, identity = `${size} ${modifiedAt}`} = this.#file;
    const paths = partialPaths(partials, {owner, destination, identity: `${identity} ${sample}`, size});
    const head = {size, blockBytes: this.#blockBytes, identity: `${identity} ${sample}`};
    const claims = this.#fresh ? NO_CLAIMS : await readClaims(to, paths.ledger, head, signal);
    return {...paths, head, claims};
  }

  /** What another attempt has published; refuses a destination that is to be kept and is somebody else's. */
  async #existing(source: SourceFile, {claims, head, ledger, partial}: Unfinished): Promise<FileOutcome | undefined> {
    const {to, destination, ifExists, signal} = this.#options;
    const published = await this.#publishedAlready(claims, partial);
    if (published !== undefined) return published;
    const there = await to.stat(destination, {signal});
    if (there === undefined) return undefined;
    // Another attempt may have published after its ledger was read.
    const now = this.#fresh ? NO_CLAIMS : await readClaims(to, ledger, head, signal);
    const meanwhile = (await this.#publishedAlready(now, partial)) ?? (await this.#publishedElsewise(there, source));
    if (meanwhile !== undefined || ifExists === 'replace' || !this.#goesOn(claims)) return meanwhile;
    throw new WaybillError('store.already-exists', `${JSON.stringify(destination)} exists and is kept.`, {
      path: destination,
    });
  }

  /** What an attempt with another zlib has published: its ledger is not this one's, and its bytes are others. */
  async #publishedElsewise(entry: Entry, source: SourceFile): Promise<FileOutcome | undefined> {
    const {from, to, source: path, signal} = this.#options;
    if (!hasTimeOf(this.#file, entry, to.properties)) return undefined;
    const whole = await digestIfMadeOf({from, path, source}, this.#there(entry), this.#shape, signal);
    const {sha256 = whole} = this.#file;
    return whole === undefined || whole !== sha256 ? undefined : this.#publishedBy(whole, entry.size);
  }

  async #publishedAlready({whole, members}: Claims, partial: string): Promise<FileOutcome | undefined> {
    const total = this.#layout(members).total;
    if (whole === undefined || total === undefined) return undefined;
    const {to, destination, signal} = this.#options;
    const {sha256, ...stored} = this.#file;
    if (sha256 !== undefined && sha256 !== whole) return undefined;
    const file = {...stored, size: total};
    if ((await publishedAlready({to, partial, destination, file, signal}, whole)) === undefined) return undefined;
    return this.#publishedBy(whole, total);
  }

  #publishedBy(whole: string, storedBytes: number): FileOutcome {
    this.#counts = {...this.#counts, resumedBytes: Math.max(0, this.#file.size - this.#counts.sentBytes)};
    return this.#outcome('resumed', whole, storedBytes, PUBLISHED_ALREADY);
  }

  async #move(source: SourceFile, unfinished: Unfinished): Promise<FileOutcome> {
    const {to, destination, signal} = this.#options;
    const {head, claims, ...paths} = unfinished;
    const intended = {destination, ...attributesOf(this.#file)};
    const spec = {path: paths.partial, size: mostCompressedBytes(head.size), atMost: true, intended} as const;
    requireCurrent(this.#options);
    // What is left of blocks that were cut elsewhere could be taken for this one's by an attempt after it.
    if (this.#fresh) for (const path of [paths.partial, paths.ledger]) await to.remove(path, {signal});
    const openLedger = () => CompressionLedger.open(to, paths.ledger, head, signal);
    const published = async () =>
      this.#publishedAlready(await readClaims(to, paths.ledger, head, signal), paths.partial);
    return await withUnfinished({to, spec, openLedger, published, signal}, (partial, ledger) =>
      this.#sendAndPublish(source, partial, ledger, claims),
    );
  }

  async #sendAndPublish(
    source: SourceFile,
    partial: PartialFile,
    ledger: CompressionLedger,
    claims: Claims,
  ): Promise<FileOutcome> {
    const {from, to, destination, ifExists, signal, onProgress, onGain} = this.#options;
    const layout = this.#layout(claims.members);
    const transport = new Transport({
      ...{from, path: this.#options.source, source, partial, ledger, layout, claims},
      ...{file: this.#file, shape: this.#shape},
      ...{signal, onProgress, onGain, fence: () => requireCurrent(this.#options)},
    });
    const whole = await transport.run().finally(() => (this.#counts = transport.counts));
    const {sha256} = this.#file;
    if (sha256 !== undefined && whole !== sha256) throw sourceChanged(sha256, whole);
    if (await hasChanged(from, source, signal)) throw sourceChanged();
    const {total} = layout;
    if (total === undefined) throw new WaybillError('store.io', 'The compressed file has no end.');
    ledger.enterWhole(whole);
    await ledger.settled();
    requireCurrent(this.#options);
    try {
      await partial.publish({destination, ifExists, ...attributesOf(this.#file), size: total, signal});
    } catch (error) {
      // Another attempt may have published before this one made its partial.
      const there = hasCode(error, 'store.already-exists') ? await to.stat(destination, {signal}) : undefined;
      if (there === undefined) throw error;
      if ((await originalThere(this.#there(there), signal))?.whole !== whole) throw error;
      return this.#outcome('skipped', whole, there.size);
    }
    return this.#outcome(this.#counts.resumedBytes > 0 ? 'resumed' : 'copied', whole, total);
  }

  #there(entry: Entry): Compressed {
    const {to, destination} = this.#options;
    return {store: to, path: destination, entry, size: this.#file.size};
  }

  #layout(members: Claims['members']): Layout {
    return new Layout(this.#file.size, this.#blockBytes, members);
  }

  #outcome(outcome: MovedOutcome['outcome'], sha256: string, storedBytes: number, note?: string): FileOutcome {
    const {name, kind, size, mode, modifiedAt, attributesLeftOut, compressAs = name} = this.#file;
    return {
      ...{outcome, name, kind, size, sha256, verified: 'sha256'},
      ...this.#counts,
      stored: {name: compressAs, size: storedBytes, compression: 'gzip'},
      durationMs: Math.round(performance.now() - this.#startedAt),
      ...(attributesLeftOut === undefined ? {} : {attributes: {mode, modifiedAt}}),
      ...(note === undefined ? {} : {note}),
    };
  }
}
