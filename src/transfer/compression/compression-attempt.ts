import {hasCode, WaybillError} from '../../contracts/errors.js';
import type {PartialFile, SourceFile, Store, StorePath} from '../../stores/store.js';
import {BlockTable} from '../block-table.js';
import {blockBytesOf} from '../blocks.js';
import {hasChanged, requireSameSource, sourceChanged} from '../changed-source.js';
import type {FileOutcome, MovedOutcome} from '../file-outcome.js';
import {type PartialPaths, partialPaths} from '../keys.js';
import {moveShape, type MoveShape} from '../move-shape.js';
import {attributesOf, type PlannedFile, withAttributes} from '../planned-file.js';
import {publishedAlready} from '../published-already.js';
import {requireCurrent} from '../superseded.js';
import {digestOfSource} from '../whole-digest.js';
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
import {Layout} from './layout.js';
import {MEMBER_BYTES} from './member.js';
import {openOriginal} from './originals.js';
import {type Counts, Transport} from './transport.js';
import {sampleDigest} from './worth-compressing.js';

interface Unfinished extends PartialPaths {
  readonly head: CompressionHead;
  readonly claims: Claims;
}

/**
 *     open source, compress its first MiB ──► not worth it? ──► undefined
 *       │
 *     read ledger ──► published by another attempt? ──► its outcome
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
    const opened = await from.openSource(source, {signal});
    try {
      requireSameSource(file, opened.entry);
      this.#file = withAttributes(file, opened.entry);
      const sample = await sampleDigest(opened, signal);
      if (sample === undefined) return undefined;
      const unfinished = await this.#unfinished(sample);
      return (await this.#existing(unfinished)) ?? (await this.#move(opened, unfinished));
    } finally {
      await opened.close();
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
  async #existing({claims, head, ledger, partial}: Unfinished): Promise<FileOutcome | undefined> {
    const {to, destination, ifExists, signal} = this.#options;
    const published = await this.#publishedAlready(claims, partial);
    if (published !== undefined) return published;
    if (ifExists === 'replace' || (await to.stat(destination, {signal})) === undefined) return undefined;
    // Another attempt may have published after its ledger was read.
    const now = this.#fresh ? NO_CLAIMS : await readClaims(to, ledger, head, signal);
    const meanwhile = await this.#publishedAlready(now, partial);
    if (meanwhile !== undefined) return meanwhile;
    throw new WaybillError('store.already-exists', `${JSON.stringify(destination)} exists and is kept.`, {
      path: destination,
    });
  }

  async #publishedAlready({whole, members}: Claims, partial: string): Promise<FileOutcome | undefined> {
    const total = this.#layout(members).total;
    if (whole === undefined || total === undefined) return undefined;
    const {to, destination, signal} = this.#options;
    const {sha256, ...stored} = this.#file;
    if (sha256 !== undefined && sha256 !== whole) return undefined;
    const file = {...stored, size: total};
    const note = await publishedAlready({to, partial, destination, file, signal}, whole);
    if (note === undefined) return undefined;
    this.#counts = {...this.#counts, resumedBytes: Math.max(0, this.#file.size - this.#counts.sentBytes)};
    return this.#outcome('resumed', whole, total, note);
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
      ...{source, partial, ledger, layout, claims, file: this.#file, shape: this.#shape},
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
      if (!hasCode(error, 'store.already-exists') || !(await this.#holds(to, destination, total, whole))) throw error;
      return this.#outcome('skipped', whole, total);
    }
    return this.#outcome(this.#counts.resumedBytes > 0 ? 'resumed' : 'copied', whole, total);
  }

  /** Whether what lies there was made of these very bytes: all of it is read. */
  async #holds(to: Store, destination: StorePath, total: number, whole: string): Promise<boolean> {
    const {signal} = this.#options;
    const found = await to.stat(destination, {signal});
    if (found?.kind !== 'file' || found.size !== total) return false;
    const original = await openOriginal(to, destination, {signal}).catch((error: unknown) => {
      if (hasCode(error, 'transfer.checksum-mismatch')) return undefined;
      throw error;
    });
    if (original === undefined) return false;
    try {
      const table = new BlockTable(this.#file.size, MEMBER_BYTES, new Map());
      if (original.entry.size !== this.#file.size) return false;
      return (await digestOfSource(original, table, this.#shape, signal)).whole === whole;
    } finally {
      await original.close();
    }
  }

  #layout(members: Claims['members']): Layout {
    const lengths = members.map(({length}) => length);
    return new Layout(this.#file.size, this.#blockBytes, lengths);
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
