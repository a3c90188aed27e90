import {hasCode, WaybillError} from '../contracts/errors.js';
import type {Attributes, Entry, PartialFile, SourceFile} from '../stores/store.js';
import {blockBytesOf} from './blocks.js';
import {type FileOutcome, type MovedOutcome, movedOutcome} from './file-outcome.js';
import {EMPTY_LEDGER, Ledger, type LedgerContent, readLedger} from './ledger.js';
import {headOf, type LedgerHead} from './ledger-record.js';
import type {MoveFileOptions} from './move-file.js';
import {attributesOf, withAttributes} from './planned-file.js';
import {moveShape, type MoveShape} from './move-shape.js';
import {hasChanged, requireSameSource, sourceChanged} from './changed-source.js';
import {hasTimeOf, holdsAlready, publishedAlready} from './published-already.js';
import {hashedThere, requireSame} from './prove-source.js';
import {requireCurrent} from './superseded.js';
import {type ByteCounts, proves, transport} from './transport.js';
import {withUnfinished} from './with-unfinished.js';

/**
 *     open source, read ledger ──► published by another attempt? ──► its outcome
 *       │
 *     open partial and ledger
 *       │
 *     ┌─ send missing blocks ◄── refuted ──┐     all at once, until
 *     ├─ prove blocks where they lie ──────┘     every block is proved
 *     └─ digest of the whole file
 *       │
 *     source still the same? ──► ledger: whole ──► publish
 */
export class FileAttempt {
  #options: MoveFileOptions;
  readonly #startedAt: number;
  readonly #fresh: boolean;
  readonly #shape: MoveShape;
  readonly #counts: ByteCounts = {sentBytes: 0, resentBytes: 0, resumedBytes: 0};

  constructor(options: MoveFileOptions, startedAt: number, {fresh}: {readonly fresh: boolean}) {
    this.#options = options;
    this.#startedAt = startedAt;
    this.#fresh = fresh;
    this.#shape = moveShape(options.from.properties, options.to.properties, options.limits);
  }

  async run(): Promise<FileOutcome> {
    const {from, source, file, signal} = this.#options;
    const head = headOf(file, this.#blockBytes);
    const opened = await from.openSource(source, {signal});
    try {
      requireSameSource(file, opened.entry);
      this.#options = {...this.#options, file: withAttributes(file, opened.entry)};
      const claimed = await this.#claimed(head);
      if (claimed.whole !== undefined) {
        const done = await publishedAlready(this.#options, claimed.whole);
        if (done !== undefined)
          return this.#outcome('resumed', {sha256: claimed.whole, resumedBytes: file.size, note: done});
      }
      return (await this.#existing(head)) ?? (await this.#move(opened, claimed, head));
    } finally {
      await opened.close();
    }
  }

  async #move(source: SourceFile, claimed: LedgerContent, head: LedgerHead): Promise<FileOutcome> {
    const {to, partial: path, ledger: ledgerPath, destination, file, partBytes, signal} = this.#options;
    const parts = partBytes === undefined ? {} : {partBytes};
    const spec = {path, size: file.size, ...parts, intended: {destination, ...this.#attributes}};
    const openLedger = () => Ledger.open(to, ledgerPath, head, signal);
    const published = () => this.#publishedMeanwhile(head);
    return await withUnfinished({to, spec, openLedger, published, signal}, (partial, ledger) =>
      this.#sendAndPublish(source, partial, ledger, claimed),
    );
  }

  async #sendAndPublish(
    source: SourceFile,
    partial: PartialFile,
    ledger: Ledger,
    claimed: LedgerContent,
  ): Promise<FileOutcome> {
    const {file, ifExists, destination, signal} = this.#options;
    const {from, source: path, hashSource} = this.#options;
    const there = hashSource === true ? hashedThere(from, path, signal) : undefined;
    const whole = await transport({
      ...{move: this.#options, source, partial, ledger, claimed, shape: this.#shape, blockBytes: this.#blockBytes},
      ...{counts: this.#counts, fence: () => requireCurrent(this.#options)},
    });
    if (whole !== undefined) this.#requireSame(path, whole, await there);
    if (whole !== undefined && file.sha256 !== undefined && whole !== file.sha256)
      throw sourceChanged(file.sha256, whole);
    if (await hasChanged(this.#options.from, source, signal)) throw sourceChanged();
    if (whole !== undefined) ledger.enterWhole(whole);
    await ledger.settled();
    requireCurrent(this.#options);
    try {
      await partial.publish({destination, ifExists, ...this.#attributes, signal});
    } catch (error) {
      // Another attempt may have published before this one made its partial.
      if (!hasCode(error, 'store.already-exists') || whole === undefined) throw error;
      if (!(await holdsAlready(this.#options, whole))) throw error;
      return this.#outcome('skipped', {sha256: whole});
    }
    const verified = proves(this.#options) ? 'sha256' : 'size-only';
    const outcome = verified === 'size-only' ? 'unverified' : this.#counts.resumedBytes > 0 ? 'resumed' : 'copied';
    return this.#outcome(outcome, {verified, ...(whole === undefined ? {} : {sha256: whole})});
  }

  /** What was read otherwise than it lies there is read anew, once, as what has changed is. */
  #requireSame(path: string, read: string, there: string | undefined): void {
    if (!this.#fresh && there !== undefined && there !== read) throw sourceChanged(there, read);
    requireSame(path, read, there);
  }

  /** The unit of proof is what the destination can take again. */
  get #blockBytes(): number {
    const {to, file, partBytes} = this.#options;
    return partBytes ?? to.properties.partBytes?.(file.size) ?? blockBytesOf(file.size);
  }

  get #attributes(): Attributes {
    return attributesOf(this.#options.file);
  }

  async #claimed(head: LedgerHead): Promise<LedgerContent> {
    const {to, ledger, signal} = this.#options;
    if (this.#fresh || to.properties.hashing === 'none') return EMPTY_LEDGER;
    return await readLedger(to, ledger, head, signal);
  }

  /** Refuses a destination that is to be kept, unless another attempt has published it since the ledger was read. */
  async #existing(head: LedgerHead): Promise<FileOutcome | undefined> {
    const {to, destination, ifExists, signal, file} = this.#options;
    const there = ifExists === 'replace' ? undefined : await to.stat(destination, {signal});
    if (there === undefined) return undefined;
    const {whole} = await this.#claimed(head);
    if (whole !== undefined) {
      const note = await publishedAlready(this.#options, whole);
      if (note !== undefined) return this.#outcome('resumed', {sha256: whole, resumedBytes: file.size, note});
      if (await this.#isBeingPublished(there)) return undefined;
    }
    throw new WaybillError('store.already-exists', `${JSON.stringify(destination)} exists and is kept.`, {
      path: destination,
    });
  }

  /** An attempt that died in its publish has left one file with two names: the next publish takes the partial's away. */
  async #isBeingPublished(there: Entry): Promise<boolean> {
    const {to, partial, signal, file} = this.#options;
    const unfinished = await to.stat(partial, {signal});
    const isOne = unfinished?.identity === there.identity && there.size === file.size;
    return isOne && hasTimeOf(file, there, to.properties);
  }

  async #publishedMeanwhile(head: LedgerHead): Promise<FileOutcome | undefined> {
    const {to, ledger, signal, file} = this.#options;
    const {whole} = await readLedger(to, ledger, head, signal);
    const note = whole === undefined ? undefined : await publishedAlready(this.#options, whole);
    if (whole === undefined || note === undefined) return undefined;
    const resumedBytes = Math.max(0, file.size - this.#counts.sentBytes);
    return this.#outcome('resumed', {sha256: whole, resumedBytes, note});
  }

  #outcome(outcome: MovedOutcome['outcome'], details: Partial<MovedOutcome>): FileOutcome {
    const {mode, modifiedAt, attributesLeftOut} = this.#options.file;
    return movedOutcome(this.#options.file, outcome, this.#startedAt, {
      ...this.#counts,
      verified: 'sha256',
      ...(attributesLeftOut === undefined ? {} : {attributes: {mode, modifiedAt}}),
      ...details,
    });
  }
}
