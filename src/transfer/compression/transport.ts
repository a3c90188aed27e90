import {WaybillError} from '../../contracts/errors.js';
import type {PartialFile} from '../../stores/store.js';
import {allOrNone} from '../all-or-none.js';
import {BlockTable} from '../block-table.js';
import {sourceChanged} from '../changed-source.js';
import type {MovedOutcome} from '../file-outcome.js';
import type {FileProgress} from '../move-file.js';
import type {MoveShape} from '../move-shape.js';
import type {PlannedFile} from '../planned-file.js';
import {digestOfResumed, type OpenedSource, tiedToBlocks} from '../whole-digest.js';
import {BlockProofs} from './block-proofs.js';
import type {Claims, CompressionLedger} from './compression-ledger.js';
import {heldMembers, originalBytes} from './held-members.js';
import type {Layout} from './layout.js';
import {MEMBER_BYTES, memberLength} from './member.js';
import {MemberSender} from './member-sender.js';

/** A medium that loses bytes this often is broken. */
const MOST_PASSES = 4;

export interface TransportOptions extends OpenedSource {
  readonly partial: PartialFile;
  readonly ledger: CompressionLedger;
  readonly layout: Layout;
  readonly claims: Claims;
  readonly file: PlannedFile;
  readonly shape: MoveShape;
  readonly signal: AbortSignal;
  /** Throws where this attempt has to stop writing. */
  readonly fence: () => void;
  readonly onProgress: ((progress: FileProgress) => void) | undefined;
  readonly onGain: ((bytes: number) => void) | undefined;
}

/** In bytes of the original. */
export type Counts = Pick<MovedOutcome, 'sentBytes' | 'resumedBytes' | 'resentBytes'>;

/** Brings every block of the compressed file across and proves it, those of earlier attempts first. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #proved = new Set<number>();
  /** Acknowledged, and not entered before it is known what their members were made of. */
  readonly #acknowledged = new Map<number, string>();
  /** What each member was made of. */
  readonly #members: BlockTable;
  readonly #sentMembers = new Set<number>();
  #counts: Counts = {sentBytes: 0, resumedBytes: 0, resentBytes: 0};

  constructor(options: TransportOptions) {
    this.#options = options;
    const claimed = options.claims.members.map(({sha256}, member) => [member, sha256] as const);
    this.#members = new BlockTable(options.file.size, MEMBER_BYTES, new Map(claimed));
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** Answers with the digest of the original, tied to the bytes that were compressed. */
  async run(): Promise<string> {
    const {claims, shape} = this.#options;
    // One failure ends everything that is under way for this file.
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, failed.signal]);
    const resumes = claims.members.length > 0;
    const [sent, reread] = await allOrNone(failed, [
      this.#sendAll(signal),
      resumes ? digestOfResumed(this.#options, this.#members, shape, signal) : Promise.resolve(undefined),
    ]);
    if (reread !== undefined) return tiedToBlocks(reread, this.#members);
    if (sent === undefined) throw new WaybillError('store.io', 'The hashing threads gave no digest.');
    return sent;
  }

  async #sendAll(signal: AbortSignal): Promise<string | undefined> {
    const {source, partial, layout, file, shape, fence} = this.#options;
    let refuted: Refuted | undefined;
    const proofs = new BlockProofs({
      ...{partial, signal, rangeOf: (block) => layout.blockRange(block)},
      onProved: (block) => this.#proved.add(block),
      onRefuted: (_, expected, found) => (refuted = {expected, found}),
    });
    const sender = new MemberSender({
      ...{source, partial, layout, signal, fence, size: file.size, readBytes: shape.reading.readBytes},
      isProved: (block) => this.#proved.has(block),
      onHashed: (member, sha256) => this.#hashed(member, sha256, sender),
      onBlock: (block, sha256) => {
        this.#acknowledge(block, sha256);
        proofs.add(block, sha256);
      },
      onMember: (member) => this.#sent(member),
    });
    let whole: string | undefined;
    try {
      await this.#proveClaims(proofs);
      for (let pass = 0; !this.#allProved; pass++) {
        if (pass === MOST_PASSES) throw mismatch(refuted);
        const digest = await sender.send();
        whole ??= digest;
        await sender.settled();
        await proofs.settled();
      }
      return whole;
    } finally {
      await sender.settled().catch(() => undefined);
    }
  }

  get #allProved(): boolean {
    const {layout} = this.#options;
    return layout.total !== undefined && this.#proved.size === layout.blocks;
  }

  /** A member whose blocks were refuted is read again: other bytes than before are another file. */
  #hashed(member: number, sha256: string, sender: MemberSender): void {
    const before = this.#members.digestOf(member);
    if (before !== undefined && before !== sha256) sender.fail(sourceChanged(before, sha256));
    else this.#members.learned(member, sha256);
    this.#enter();
  }

  #acknowledge(block: number, sha256: string): void {
    const before = this.#options.claims.blocks.get(block);
    if (before !== undefined && before !== sha256) throw sourceChanged(before, sha256);
    this.#acknowledged.set(block, sha256);
    this.#enter();
  }

  /** Each block with every member that it holds something of: a later attempt needs both. */
  #enter(): void {
    const {claims, layout, ledger, onGain} = this.#options;
    for (const [block, sha256] of this.#acknowledged) {
      const members = layout.membersOf(layout.blockRange(block));
      const digests = members.map((member) => this.#members.digestOf(member));
      if (digests.includes(undefined)) continue;
      for (const [index, member] of members.entries()) {
        const digest = digests[index];
        if (digest !== undefined) ledger.enterMember(member, {...layout.made(member), sha256: digest});
      }
      ledger.enterBlock(block, sha256, () => {
        if (!claims.blocks.has(block)) onGain?.(layout.blockRange(block).length);
      });
      this.#acknowledged.delete(block);
    }
  }

  async #proveClaims(proofs: BlockProofs): Promise<void> {
    const {layout, claims, onProgress} = this.#options;
    for (const [block, sha256] of claims.blocks) if (block < layout.blocks) proofs.add(block, sha256);
    const held = heldMembers(layout, claims);
    const bytes = originalBytes(held, this.#options.file.size);
    if (bytes > 0) onProgress?.({event: 'claimed', offset: 0, bytes});
    await proofs.settled();
    for (const member of held) {
      const isProved = this.#blocksOf(member).every((block) => this.#proved.has(block));
      const length = this.#lengthOf(member);
      if (isProved) this.#counts = {...this.#counts, resumedBytes: this.#counts.resumedBytes + length};
      onProgress?.({event: isProved ? 'resumed' : 'refuted', offset: member * MEMBER_BYTES, bytes: length});
    }
  }

  #sent(member: number): void {
    const {claims, onProgress} = this.#options;
    const bytes = this.#lengthOf(member);
    const isAgain = member < claims.members.length || this.#sentMembers.has(member);
    const {sentBytes, resentBytes} = this.#counts;
    this.#counts = {
      ...this.#counts,
      sentBytes: sentBytes + bytes,
      resentBytes: resentBytes + (isAgain ? bytes : 0),
    };
    this.#sentMembers.add(member);
    onProgress?.({event: 'sent', offset: member * MEMBER_BYTES, bytes});
  }

  #blocksOf(member: number): readonly number[] {
    const {layout} = this.#options;
    return layout.blocksOf(layout.range(member));
  }

  #lengthOf(member: number): number {
    return memberLength(member, this.#options.file.size);
  }
}

interface Refuted {
  readonly expected: string;
  readonly found: string | undefined;
}

function mismatch(refuted: Refuted | undefined): WaybillError {
  const message = 'The destination holds other bytes than were sent, also after they were sent again.';
  const {expected, found} = refuted ?? {};
  return new WaybillError('transfer.checksum-mismatch', message, {
    ...(expected === undefined ? {} : {expected}),
    ...(found === undefined ? {} : {found}),
  });
}
