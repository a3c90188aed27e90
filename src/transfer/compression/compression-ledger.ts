import type {Store, StorePath} from '../../stores/store.js';
import {blockCount} from '../blocks.js';
import {blockBody, decodeSlot, digestIn, headBody, type LedgerHead} from '../ledger-record.js';
import {LedgerSlots} from '../ledger-slots.js';
import {readSlots} from '../read-slots.js';
import type {MadeMember} from './layout.js';
import {memberCount} from './member.js';

/**
 * What is known of a file that is compressed on its way: beside the digests of the blocks that were sent, what each
 * member was made of, and what it became. In slots like those of any ledger:
 *
 *     waybill-ledger 1 8388608 1073741824 <40 hex: identity and sample>       …   the head
 *     whole <64 hex SHA-256 of the original>                                  …   once everything is proved
 *     000000000003 <64 hex SHA-256 of the original's bytes> 1048576 <8 hex>   …   for each member, what it became
 *     000000000003 <64 hex SHA-256 of the compressed bytes as sent>           …   for each block
 */
export interface Claims {
  /** The first members, as far as none is missing. */
  readonly members: readonly ClaimedMember[];
  readonly blocks: ReadonlyMap<number, string>;
  /** SHA-256 of the original, set when an attempt was about to publish. */
  readonly whole?: string;
}

export interface ClaimedMember extends MadeMember {
  /** Of the bytes of the original that it was made of. */
  readonly sha256: string;
}

/** `size` is that of the original. */
export type CompressionHead = LedgerHead;

export const NO_CLAIMS: Claims = {members: [], blocks: new Map()};

const WHOLE_SLOT = 1;
const FIRST_MEMBER = 2;
const LENGTH_DIGITS = 7;

/** Deflate makes nothing longer than this: what doesn't shrink is kept as it is, with five bytes for each 16 KiB. */
export function mostCompressedBytes(size: number): number {
  return size + Math.ceil(size / 256) + 64 * 1024;
}

function slotsOf({size, blockBytes}: CompressionHead): {readonly members: number; readonly blocks: number} {
  return {members: memberCount(size), blocks: blockCount(mostCompressedBytes(size), blockBytes)};
}

/** What earlier attempts entered: nothing where the ledger is of no use. Rejects as `readSlots` does. */
export async function readClaims(
  store: Store,
  path: StorePath,
  head: CompressionHead,
  signal: AbortSignal,
): Promise<Claims> {
  const {members, blocks} = slotsOf(head);
  const content = await readSlots(store, path, {head, slots: FIRST_MEMBER + members + blocks}, signal);
  if (content === undefined) return NO_CLAIMS;
  const claimedMembers: ClaimedMember[] = [];
  for (let member = 0; member < members; member++) {
    const found = memberIn(decodeSlot(content, FIRST_MEMBER + member), member);
    if (found === undefined) break;
    claimedMembers.push(found);
  }
  const claimedBlocks = new Map<number, string>();
  for (let block = 0; block < blocks; block++) {
    const body = decodeSlot(content, FIRST_MEMBER + members + block);
    const digest = digestIn(body, blockBody(block, '').trimEnd());
    if (digest !== undefined) claimedBlocks.set(block, digest);
  }
  const whole = digestIn(decodeSlot(content, WHOLE_SLOT), 'whole');
  return {members: claimedMembers, blocks: claimedBlocks, ...(whole === undefined ? {} : {whole})};
}

export class CompressionLedger {
  readonly #slots: LedgerSlots;
  readonly #firstBlock: number;
  readonly #entered = new Set<number>();

  private constructor(slots: LedgerSlots, firstBlock: number) {
    this.#slots = slots;
    this.#firstBlock = firstBlock;
  }

  static async open(
    store: Store,
    path: StorePath,
    head: CompressionHead,
    signal: AbortSignal,
  ): Promise<CompressionLedger> {
    const {members, blocks} = slotsOf(head);
    const slots = await LedgerSlots.open(store, path, FIRST_MEMBER + members + blocks, signal);
    slots.write(0, headBody(head));
    return new CompressionLedger(slots, FIRST_MEMBER + members);
  }

  enterMember(member: number, claimed: ClaimedMember): void {
    if (this.#entered.has(member)) return;
    this.#entered.add(member);
    this.#slots.write(FIRST_MEMBER + member, memberBody(member, claimed));
  }

  enterBlock(block: number, sha256: string, onEntered: () => void): void {
    this.#slots.write(this.#firstBlock + block, blockBody(block, sha256), onEntered);
  }

  enterWhole(sha256: string): void {
    this.#slots.write(WHOLE_SLOT, `whole ${sha256}`);
  }

  settled(): Promise<void> {
    return this.#slots.settled();
  }

  close(): Promise<void> {
    return this.#slots.close();
  }
}

function memberBody(member: number, {sha256, length, check}: ClaimedMember): string {
  return `${blockBody(member, sha256)} ${String(length).padStart(LENGTH_DIGITS, '0')} ${check}`;
}

function memberIn(body: string | undefined, member: number): ClaimedMember | undefined {
  const [, made = '', length, check] = /^(.*) (\d{7}) ([0-9a-f]{8})$/.exec(body ?? '') ?? [];
  const sha256 = digestIn(made, blockBody(member, '').trimEnd());
  return sha256 === undefined || check === undefined ? undefined : {sha256, length: Number(length), check};
}
