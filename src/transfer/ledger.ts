import type {Store, StorePath} from '../stores/store.js';
import {blockCount, blockRange, PIECES, piecesOf} from './blocks.js';
import {
  blockBody,
  decodeSlot,
  digestIn,
  headBody,
  type LedgerHead,
  pieceBody,
  UNHASHED,
  wholeBody,
} from './ledger-record.js';
import {LedgerSlots} from './ledger-slots.js';
import {readSlots} from './read-slots.js';

export interface LedgerContent {
  /** The blocks that an earlier attempt entered, with the SHA-256 of those that it hashed. */
  readonly entered: ReadonlyMap<number, string | undefined>;
  /** By block and piece: the SHA-256 of those pieces of other blocks that it entered. */
  readonly pieces: ReadonlyMap<number, ReadonlyMap<number, string>>;
  /** Set when an attempt had proved the whole file and was about to publish it. */
  readonly whole?: string;
}

export const EMPTY_LEDGER: LedgerContent = {entered: new Map(), pieces: new Map()};

/** What an earlier attempt entered: nothing where the ledger is of no use. Rejects as `readSlots` does. */
export async function readLedger(
  store: Store,
  path: StorePath,
  head: LedgerHead,
  signal: AbortSignal,
): Promise<LedgerContent> {
  const blocks = blockCount(head.size, head.blockBytes);
  const content = await readSlots(store, path, {head, slots: ledgerSlots(head)}, signal);
  if (content === undefined) return EMPTY_LEDGER;
  const entered = new Map<number, string | undefined>();
  for (let block = 0; block < blocks; block++) {
    const body = decodeSlot(content, block + 1);
    if (body === blockBody(block, UNHASHED)) entered.set(block, undefined);
    const digest = body === undefined ? undefined : digestIn(body, blockBody(block, '').trimEnd());
    if (digest !== undefined) entered.set(block, digest);
  }
  const whole = digestIn(decodeSlot(content, blocks + 1), 'whole');
  const pieces = readPieces(content, blocks + 2, entered);
  return whole === undefined ? {entered, pieces} : {entered, pieces, whole};
}

/** Bytes of a file of `size` bytes that it says have arrived. */
export function enteredBytes({entered, pieces}: LedgerContent, size: number, blockBytes: number): number {
  let bytes = 0;
  for (const block of entered.keys()) bytes += blockRange(block, size, blockBytes).length;
  for (const [block, found] of pieces) {
    for (const [piece, {length}] of piecesOf(blockRange(block, size, blockBytes), blockBytes).entries()) {
      if (found.has(piece)) bytes += length;
    }
  }
  return bytes;
}

function readPieces(
  content: Uint8Array,
  firstSlot: number,
  entered: ReadonlyMap<number, unknown>,
): ReadonlyMap<number, ReadonlyMap<number, string>> {
  const pieces = new Map<number, Map<number, string>>();
  for (let piece = 0; piece < PIECES; piece++) {
    const body = decodeSlot(content, firstSlot + piece) ?? '';
    const block = Number(/^piece (\d{12}) /.exec(body)?.[1] ?? Number.NaN);
    const digest = digestIn(body, pieceBody(block, piece));
    if (digest === undefined || entered.has(block)) continue;
    pieces.set(block, (pieces.get(block) ?? new Map<number, string>()).set(piece, digest));
  }
  return pieces;
}

function ledgerSlots(head: LedgerHead): number {
  return blockCount(head.size, head.blockBytes) + 2 + PIECES;
}

/** Enters blocks without holding up the data: the first failure is thrown by the next call of `settled`. */
export class Ledger {
  readonly #slots: LedgerSlots;
  readonly #blocks: number;

  private constructor(slots: LedgerSlots, blocks: number) {
    this.#slots = slots;
    this.#blocks = blocks;
  }

  static async open(store: Store, path: StorePath, head: LedgerHead, signal: AbortSignal): Promise<Ledger> {
    const slots = await LedgerSlots.open(store, path, ledgerSlots(head), signal);
    slots.write(0, headBody(head));
    return new Ledger(slots, blockCount(head.size, head.blockBytes));
  }

  /** Without a digest, a later attempt takes that of the source. */
  enter(block: number, sha256: string | undefined, onEntered?: () => void): void {
    this.#slots.write(block + 1, blockBody(block, sha256 ?? UNHASHED), onEntered);
  }

  enterPiece(block: number, piece: number, sha256: string, onEntered: () => void): void {
    this.#slots.write(this.#blocks + 2 + piece, pieceBody(block, piece, sha256), onEntered);
  }

  enterWhole(sha256: string): void {
    this.#slots.write(this.#blocks + 1, wholeBody(sha256));
  }

  /** Resolves when everything entered so far is acknowledged. */
  settled(): Promise<void> {
    return this.#slots.settled();
  }

  close(): Promise<void> {
    return this.#slots.close();
  }
}
