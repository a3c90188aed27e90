import {hasCode, WaybillError} from '../contracts/errors.js';
import type {Attributes, Entry, PartialFile, PartialSpec, SourceFile} from '../stores/store.js';
import {proveBlocks} from './block-prover.js';
import {BlockSender, sourceChanged} from './block-sender.js';
import {allOrNone} from './all-or-none.js';
import {BlockTable} from './block-table.js';
import {blockBytesOf} from './blocks.js';
import type {FileOutcome, MovedOutcome} from './file-outcome.js';
import {Ledger, type LedgerContent, readLedger} from './ledger.js';
import type {LedgerHead} from './ledger-record.js';
import type {MoveFileOptions} from './move-file.js';
import {withAttributes} from './planned-file.js';
import {moveShape, type MoveShape} from './move-shape.js';
import {hasChanged} from './changed-source.js';
import {PartSender} from './part-sender.js';
import {holdsAlready, publishedAlready} from './published-already.js';
import {hashedThere, requireSame} from './prove-source.js';
import {resent} from './resent.js';
import {digestOfBlock, digestOfDestination, digestOfSource, tiedToBlocks} from './whole-digest.js';

/** A flush of everything at the end would hold up the publish: it is begun each time so many bytes were sent. */
const SYNC_BYTES = 128 * 1024 * 1024;

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
  #sentBytes = 0;
  #resentBytes = 0;
  #resumedBytes = 0;
  #unsyncedBytes = 0;

  constructor(options: MoveFileOptions, startedAt: number, {fresh}: {readonly fresh: boolean}) {
    this.#options = options;
    this.#startedAt = startedAt;
    this.#fresh = fresh;
    this.#shape = moveShape(options.from.properties, options.to.properties, options.limits);
  }

  async run(): Promise<FileOutcome> {
    const {from, source, file, signal} = this.#options;
    const head = {size: file.size, blockBytes: this.#blockBytes, identity: file.identity ?? ''};
    const opened = await from.openSource(source, {signal});
    try {
      this.#checkSource(opened.entry);
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
    const {to, partial: path, ledger: ledgerPath, destination, file, signal} = this.#options;
    const spec = {path, size: file.size, intended: {destination, ...this.#attributes}};
    const partial = await this.#openPartial(spec).catch((e: unknown) => this.#superseded(e));
    try {
      const ledger = await Ledger.open(to, ledgerPath, head, signal).catch((e: unknown) => this.#superseded(e));
      try {
        return await this.#sendAndPublish(source, partial, ledger, claimed);
      } catch (error) {
        if (!hasCode(error, 'transfer.partial-consumed')) throw error;
        return await this.#consumed(head, error);
      } finally {
        await ledger.close();
      }
    } finally {
      await partial.close();
    }
  }

  /** What is longer than the file could never be published: something else wrote there, and it is begun anew. */
  async #openPartial(spec: PartialSpec): Promise<PartialFile> {
    const {to, signal} = this.#options;
    const found = await to.openPartial(spec, {signal});
    if (found.foundBytes <= spec.size) return found;
    await found.close();
    await to.remove(spec.path, {signal});
    return await to.openPartial(spec, {signal});
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
    const whole = await this.#transport(source, partial, ledger, claimed);
    if (whole !== undefined) requireSame(path, whole, await there);
    if (whole !== undefined && file.sha256 !== undefined && whole !== file.sha256)
      throw sourceChanged(file.sha256, whole);
    if (await hasChanged(this.#options.from, source, signal)) throw sourceChanged();
    if (whole !== undefined) ledger.enterWhole(whole);
    await ledger.settled();
    this.#fence();
    try {
      await partial.publish({destination, ifExists, ...this.#attributes, signal});
    } catch (error) {
      // Another attempt may have published before this one made its partial.
      if (!hasCode(error, 'store.already-exists') || whole === undefined) throw error;
      if (!(await holdsAlready(this.#options, whole))) throw error;
      return this.#outcome('skipped', {sha256: whole});
    }
    const verified = this.#proves ? 'sha256' : 'size-only';
    const outcome = verified === 'size-only' ? 'unverified' : this.#resumedBytes > 0 ? 'resumed' : 'copied';
    return this.#outcome(outcome, {verified, ...(whole === undefined ? {} : {sha256: whole})});
  }

  /** Brings every block across and proves it; answers with the file's digest where one is wanted. */
  async #transport(
    source: SourceFile,
    partial: PartialFile,
    ledger: Ledger,
    claimed: LedgerContent,
  ): Promise<string | undefined> {
    const {file, onProgress, verify, from, to} = this.#options;
    const table = new BlockTable(file.size, this.#blockBytes, claimed.entered);
    // One failure ends everything that is under way for this file.
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, failed.signal]);
    const resumed = (offset: number, bytes: number) => {
      this.#resumedBytes += bytes;
      onProgress?.({event: 'resumed', offset, bytes});
    };
    const Sender = to.properties.partialWrites === 'parts' ? PartSender : BlockSender;
    const sender = new Sender({
      ...{source, overNetwork: from.properties.overNetwork === true, hashes: this.#hashes},
      ...{partial, table, shape: this.#shape, signal},
      fence: () => this.#fence(),
      onBlock: (block, sha256) => {
        ledger.enter(block, sha256);
        if (this.#proves && sha256 !== undefined) table.sent(block, sha256);
        else table.accepted(block, sha256);
      },
      onAcknowledged: (offset, bytes) => {
        this.#acknowledged(partial, table, offset, bytes, signal);
      },
      onHeld: resumed,
    });
    const checked = (event: 'resumed' | 'refuted', block: number) => {
      if (!table.isClaimed(block) || table.wasSent(block)) return;
      const {offset, length: bytes} = table.range(block);
      if (event === 'resumed') resumed(offset, bytes);
      else onProgress?.({event, offset, bytes});
    };
    const claimedBytes = [...claimed.entered.keys()].reduce((sum, block) => sum + table.range(block).length, 0);
    if (claimedBytes > 0) onProgress?.({event: 'claimed', offset: 0, bytes: claimedBytes});
    const proof = proveBlocks({
      ...{partial, table, signal},
      hashSource: (block) => digestOfBlock(source, table.range(block), this.#shape, signal),
      onProved: (block) => checked('resumed', block),
      onRefuted: (block) => checked('refuted', block),
    });
    const wanted = verify === 'hash' || file.sha256 !== undefined;
    const resumes = claimed.entered.size > 0;
    // The parts of an upload are read by nobody before it is published.
    const readsBack = to.properties.partialWrites === 'random' && from.properties.overNetwork === true;
    const rereads = wanted && resumes && !readsBack;
    const [sent, reread] = await allOrNone(failed, [
      this.#sendAll(sender, table, wanted && !resumes, signal),
      rereads ? digestOfSource(source, table, this.#shape, signal) : Promise.resolve(undefined),
      proof,
    ]).finally(() => sender.settled().catch(() => undefined));
    if (!wanted) return undefined;
    if (sent !== undefined) return sent;
    if (reread !== undefined) return tiedToBlocks(reread, table);
    return to.properties.hashing === 'none' ? undefined : await digestOfDestination(partial, file.size, signal);
  }

  async #sendAll(
    sender: BlockSender | PartSender,
    table: BlockTable,
    wholeWanted: boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    let whole: string | undefined;
    while (!table.allProved) {
      const run = table.takeRun();
      if (run === undefined) {
        const changed = table.change(signal);
        await Promise.race([changed, sender.settled().then(() => changed)]);
        continue;
      }
      const digest = await sender.send(run, wholeWanted && whole === undefined);
      whole ??= digest;
    }
    await sender.settled();
    return whole;
  }

  #acknowledged(partial: PartialFile, table: BlockTable, offset: number, bytes: number, signal: AbortSignal): void {
    this.#sentBytes += bytes;
    this.#resentBytes += resent(partial.foundBytes, table, offset, bytes);
    this.#unsyncedBytes += bytes;
    if (this.#unsyncedBytes >= SYNC_BYTES && this.#options.to.properties.durable) {
      this.#unsyncedBytes = 0;
      // Its failure is met again by the publish, which syncs what is left.
      partial.sync({signal}).catch(() => undefined);
    }
    this.#options.onProgress?.({event: 'sent', offset, bytes});
  }

  /** The unit of proof is what the destination can take again. */
  get #blockBytes(): number {
    const {to, file} = this.#options;
    return to.properties.partBytes?.(file.size) ?? blockBytesOf(file.size);
  }

  get #attributes(): Attributes {
    const {mode, modifiedAt, owner} = this.#options.file;
    return {mode: mode & 0o777, modifiedAt, ...(owner === undefined ? {} : {owner})};
  }

  get #proves(): boolean {
    return this.#options.verify === 'hash' && this.#options.to.properties.hashing !== 'none';
  }

  /** Where nobody asks for a digest, and a later attempt can read the source again without a line, none is made. */
  get #hashes(): boolean {
    const {verify, file, from} = this.#options;
    return verify === 'hash' || file.sha256 !== undefined || from.properties.overNetwork === true;
  }

  async #claimed(head: LedgerHead): Promise<LedgerContent> {
    const {to, ledger, signal} = this.#options;
    if (this.#fresh || to.properties.hashing === 'none') return {entered: new Map()};
    return await readLedger(to, ledger, head, signal);
  }

  #checkSource(entry: Entry): void {
    const {file} = this.#options;
    if (entry.size !== file.size) throw sourceChanged(String(file.size), String(entry.size));
    if (file.identity !== undefined && entry.identity !== file.identity)
      throw sourceChanged(file.identity, entry.identity);
  }

  /** Refuses a destination that is to be kept, unless another attempt has published it since the ledger was read. */
  async #existing(head: LedgerHead): Promise<FileOutcome | undefined> {
    const {to, destination, ifExists, signal, file} = this.#options;
    if (ifExists === 'replace' || (await to.stat(destination, {signal})) === undefined) return undefined;
    const {whole} = await this.#claimed(head);
    const note = whole === undefined ? undefined : await publishedAlready(this.#options, whole);
    if (note !== undefined && whole !== undefined)
      return this.#outcome('resumed', {sha256: whole, resumedBytes: file.size, note});
    throw new WaybillError('store.already-exists', `${JSON.stringify(destination)} exists and is kept.`, {
      path: destination,
    });
  }

  #fence(): void {
    if (this.#options.isCurrent?.() === false) throw superseded('This attempt was out of touch for too long.');
  }

  /** A directory of partials that is gone was removed by the step after this one. */
  async #superseded(error: unknown): Promise<never> {
    if (hasCode(error, 'store.not-found')) throw superseded('The directory of unfinished files is gone.');
    throw error;
  }

  async #consumed(head: LedgerHead, error: unknown): Promise<FileOutcome> {
    const {to, ledger, signal, file} = this.#options;
    const {whole} = await readLedger(to, ledger, head, signal);
    const note = whole === undefined ? undefined : await publishedAlready(this.#options, whole);
    if (note === undefined || whole === undefined) throw superseded('The unfinished file is gone.', error);
    return this.#outcome('resumed', {sha256: whole, resumedBytes: Math.max(0, file.size - this.#sentBytes), note});
  }

  #outcome(outcome: MovedOutcome['outcome'], details: Partial<MovedOutcome>): FileOutcome {
    const {name, kind, size, mode, modifiedAt, attributesLeftOut} = this.#options.file;
    return {
      ...{
        outcome,
        name,
        kind,
        size,
        sentBytes: this.#sentBytes,
        resumedBytes: this.#resumedBytes,
        resentBytes: this.#resentBytes,
      },
      verified: 'sha256',
      durationMs: Math.round(performance.now() - this.#startedAt),
      ...(attributesLeftOut === undefined ? {} : {attributes: {mode, modifiedAt}}),
      ...details,
    };
  }
}

function superseded(why: string, cause?: unknown): WaybillError {
  return new WaybillError('transfer.superseded', why, cause === undefined ? {} : {cause});
}
