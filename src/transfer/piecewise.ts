import {createHash} from 'node:crypto';
import {WaybillError} from '../contracts/errors.js';
import {giveBackChunk} from '../hashing/chunk-memory.js';
import {inParallel} from '../stores/in-parallel.js';
import type {ByteRange, PartialFile, SourceFile} from '../stores/store.js';
import type {BlockTable} from './block-table.js';
import {piecesOf} from './blocks.js';
import type {Ledger, LedgerContent} from './ledger.js';
import {readExactly} from './read-ahead.js';

/** Few: what is under way when the line drops is sent again. */
const PIECES_AT_ONCE = 4;

/** A medium that loses bytes this often is broken. */
const MOST_ROUNDS = 3;

export interface PiecewiseOptions {
  readonly source: SourceFile;
  readonly partial: PartialFile;
  readonly table: BlockTable;
  readonly ledger: Ledger;
  /** What earlier attempts entered. */
  readonly claimed: LedgerContent['pieces'];
  readonly signal: AbortSignal;
  /** Throws where this attempt has to stop writing. */
  readonly fence: () => void;
  readonly onAcknowledged: (offset: number, bytes: number) => void;
  /** A piece of an earlier attempt is where it was sent. */
  readonly onHeld: (offset: number, bytes: number) => void;
  /** A piece was entered that no attempt had. */
  readonly onGain: ((bytes: number) => void) | undefined;
}

/**
 * Sends one block by pieces, each entered as soon as it is acknowledged, and proves it: so that a line that drops before
 * a whole block is across brings it across all the same. The one that earlier attempts have begun, else the first that
 * is missing.
 */
export async function sendBlockByPieces(options: PiecewiseOptions): Promise<void> {
  const {partial, table, ledger, claimed, signal, onHeld} = options;
  const [begun] = claimed.keys();
  const block = table.takeBlock(begun);
  if (block === undefined) return;
  const pieces = piecesOf(table.range(block), table.blockBytes);
  const digests = new Map(claimed.get(block) ?? []);
  for (const index of await held(partial, pieces, digests, signal)) {
    const piece = pieces[index];
    if (piece !== undefined) onHeld(piece.offset, piece.length);
  }
  for (let round = 0; ; round += 1) {
    await inParallel(pieces.entries(), PIECES_AT_ONCE, async ([index, piece]) => {
      if (digests.has(index)) return;
      const sha256 = await sendPiece(piece, options);
      digests.set(index, sha256);
      // One that was entered before and is wrong by now was no step forward.
      const isGain = round === 0 && claimed.get(block)?.has(index) !== true;
      ledger.enterPiece(block, index, sha256, () => {
        if (isGain) options.onGain?.(piece.length);
      });
    });
    // Before its pieces are proved: the digest of bytes that were wrong just then is refuted later, and never believed.
    const whole = await digestOf(partial, table.range(block), signal);
    if ((await held(partial, pieces, digests, signal)).length === pieces.length && whole !== undefined) {
      ledger.enter(block, whole);
      table.accepted(block, whole);
      return;
    }
    if (round === MOST_ROUNDS) {
      throw new WaybillError(
        'transfer.checksum-mismatch',
        'The destination holds other bytes than were sent, also after they were sent again.',
      );
    }
  }
}

/** The pieces that lie where they were sent; the digests of all others are dropped. */
async function held(
  partial: PartialFile,
  pieces: readonly ByteRange[],
  digests: Map<number, string>,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const entered = [...digests.keys()].filter((index) => pieces[index] !== undefined).sort((a, b) => a - b);
  const right: number[] = [];
  const asked = entered.values();
  const ranges = entered.flatMap((index) => pieces[index] ?? []);
  for await (const found of ranges.length === 0 ? [] : partial.hash(ranges, {signal})) {
    const index = asked.next();
    if (index.done === true) break;
    if (found !== undefined && found === digests.get(index.value)) right.push(index.value);
    else digests.delete(index.value);
  }
  return right;
}

async function sendPiece(
  {offset, length}: ByteRange,
  {source, partial, signal, fence, onAcknowledged}: PiecewiseOptions,
): Promise<string> {
  const bytes = await readExactly(source, offset, length, signal);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  signal.throwIfAborted();
  fence();
  await partial.write(offset, bytes, {signal});
  giveBackChunk(bytes);
  onAcknowledged(offset, length);
  return sha256;
}

async function digestOf(partial: PartialFile, range: ByteRange, signal: AbortSignal): Promise<string | undefined> {
  for await (const digest of partial.hash([range], {signal})) return digest;
  return undefined;
}
