import type {PartialFile, SourceFile} from '../stores/store.js';
import {allOrNone} from './all-or-none.js';
import {proveBlocks} from './block-prover.js';
import {BlockSender} from './block-sender.js';
import {BlockTable} from './block-table.js';
import type {Ledger, LedgerContent} from './ledger.js';
import type {MoveFileOptions} from './move-file.js';
import type {MoveShape} from './move-shape.js';
import {PartSender} from './part-sender.js';
import {sendBlockByPieces} from './piecewise.js';
import {resent} from './resent.js';
import {digestOfBlock, digestOfDestination, digestOfResumed, tiedToBlocks} from './whole-digest.js';

/** A flush of everything at the end would hold up the publish: it is begun each time so many bytes were sent. */
const SYNC_BYTES = 128 * 1024 * 1024;

/** Grows while bytes move. */
export interface ByteCounts {
  sentBytes: number;
  resentBytes: number;
  resumedBytes: number;
}

export interface TransportOptions {
  readonly move: MoveFileOptions;
  readonly source: SourceFile;
  readonly partial: PartialFile;
  readonly ledger: Ledger;
  readonly claimed: LedgerContent;
  readonly shape: MoveShape;
  readonly blockBytes: number;
  readonly counts: ByteCounts;
  /** Throws where this attempt has to stop writing. */
  readonly fence: () => void;
}

/** Whether what was sent is proved where it lies. */
export function proves({verify, to}: Pick<MoveFileOptions, 'verify' | 'to'>): boolean {
  return verify === 'hash' && to.properties.hashing !== 'none';
}

/** Parts are sent whole or not at all, and what cannot be hashed begins anew each time. */
function goesByPieces({afterFailure, to: {properties}}: MoveFileOptions): boolean {
  return afterFailure === true && properties.partialWrites === 'random' && properties.hashing !== 'none';
}

/** Brings every block across and proves it; answers with the file's digest where one is wanted. */
export async function transport(options: TransportOptions): Promise<string | undefined> {
  const {move, source, partial, ledger, claimed, shape, counts, fence} = options;
  const {file, onProgress, from, to} = move;
  const table = new BlockTable(file.size, options.blockBytes, claimed.entered);
  // One failure ends everything that is under way for this file.
  const failed = new AbortController();
  const signal = AbortSignal.any([move.signal, failed.signal]);
  const overNetwork = from.properties.overNetwork === true;
  const wanted = move.verify === 'hash' || file.sha256 !== undefined;
  const resumed = (offset: number, bytes: number) => {
    counts.resumedBytes += bytes;
    onProgress?.({event: 'resumed', offset, bytes});
  };
  // Pieces that are there and right, and that no ledger claimed.
  const onHeld = (offset: number, bytes: number) => {
    onProgress?.({event: 'claimed', offset, bytes});
    resumed(offset, bytes);
  };
  const onAcknowledged = acknowledged(options, table, signal);
  const Sender = to.properties.partialWrites === 'parts' ? PartSender : BlockSender;
  const sender = new Sender({
    // Where nobody asks for a digest, and a later attempt can read the source again without a line, none is made.
    ...{source, overNetwork, hashes: wanted || overNetwork},
    ...{partial, table, shape, signal, fence, oneByOne: move.partBytes !== undefined},
    partsAtOnce: to.properties.preferredDepth,
    onBlock: (block, sha256) => {
      // What cannot be hashed is not taken up: another attempt begins anew.
      const isGain = to.properties.hashing !== 'none' && !table.isClaimed(block);
      ledger.enter(block, sha256, () => {
        if (isGain) move.onGain?.(table.range(block).length);
      });
      if (proves(move) && sha256 !== undefined) table.sent(block, sha256);
      else table.accepted(block, sha256);
    },
    onAcknowledged,
    onHeld,
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
    hashSource: (block) => digestOfBlock(source, table.range(block), shape, signal),
    onProved: (block) => checked('resumed', block),
    onRefuted: (block) => checked('refuted', block),
  });
  const piecewise = goesByPieces(move);
  const resumes = claimed.entered.size > 0 || piecewise;
  // The parts of an upload are read by nobody before it is published.
  const readsBack = to.properties.partialWrites === 'random' && overNetwork;
  const rereads = wanted && resumes && !readsBack;
  const send = async (): Promise<string | undefined> => {
    const begun = {source, partial, table, ledger, claimed: claimed.pieces, signal};
    if (piecewise) await sendBlockByPieces({...begun, fence, onAcknowledged, onHeld, onGain: move.onGain});
    return await sendAll(sender, table, wanted && !resumes, signal);
  };
  const [sent, reread] = await allOrNone(failed, [
    send(),
    rereads ? digestOfResumed({from, path: move.source, source}, table, shape, signal) : Promise.resolve(undefined),
    proof,
  ]).finally(() => sender.close());
  if (!wanted) return undefined;
  if (sent !== undefined) return sent;
  if (reread !== undefined) return tiedToBlocks(reread, table);
  return to.properties.hashing === 'none' ? undefined : await digestOfDestination(partial, file.size, signal);
}

async function sendAll(
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

/** Counts what has arrived, and begins to flush it in good time. */
function acknowledged(
  {move: {to, onProgress}, partial, counts}: TransportOptions,
  table: BlockTable,
  signal: AbortSignal,
): (offset: number, bytes: number) => void {
  let unsyncedBytes = 0;
  return (offset, bytes) => {
    counts.sentBytes += bytes;
    counts.resentBytes += resent(partial.foundBytes, table, offset, bytes);
    unsyncedBytes += bytes;
    if (unsyncedBytes >= SYNC_BYTES && to.properties.durable) {
      unsyncedBytes = 0;
      // Its failure is met again by the publish, which syncs what is left.
      partial.sync({signal}).catch(() => undefined);
    }
    onProgress?.({event: 'sent', offset, bytes});
  };
}
