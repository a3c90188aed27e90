import {WaybillError} from '../contracts/errors.js';
import type {PartialFile} from '../stores/store.js';
import type {BlockTable} from './block-table.js';

/** Requests to a hasher cost a round trip each: as many blocks as are ready go into one. */
const MOST_AT_ONCE = 64;

/** A medium that loses bytes this often is broken. */
const MOST_REFUTED = 3;

export interface BlockProverOptions {
  readonly partial: PartialFile;
  readonly table: BlockTable;
  readonly signal: AbortSignal;
  /** The digest of the source's bytes, for a block that was entered without one. */
  readonly hashSource: (block: number) => Promise<string>;
  readonly onProved: (block: number) => void;
  readonly onRefuted: (block: number) => void;
}

/** Hashes blocks where they lie, those of earlier attempts first, until every block of the file is proved. */
export async function proveBlocks(options: BlockProverOptions): Promise<void> {
  const {partial, table, signal} = options;
  let refuted = 0;
  while (!table.allProved) {
    const blocks = table.takeProofs(MOST_AT_ONCE);
    if (blocks.length === 0) {
      await table.change(signal);
      continue;
    }
    const waiting = blocks.values();
    for await (const found of partial.hash(
      blocks.map((block) => table.range(block)),
      {signal},
    )) {
      const block = waiting.next();
      if (block.done === true) break;
      if (found !== undefined && found === (await expected(options, block.value))) {
        table.proved(block.value);
        options.onProved(block.value);
        continue;
      }
      if (!claimedOnly(table, block.value) && ++refuted > MOST_REFUTED)
        throw mismatch(table.digestOf(block.value), found);
      options.onRefuted(block.value);
      table.refuted(block.value);
    }
    if (waiting.next().done !== true) throw new WaybillError('store.io', 'The store left blocks without an answer.');
  }
}

async function expected({table, hashSource}: BlockProverOptions, block: number): Promise<string> {
  const known = table.digestOf(block);
  if (known !== undefined) return known;
  const digest = await hashSource(block);
  table.learned(block, digest);
  return digest;
}

/** A block of an earlier attempt may be wrong without anything being broken; once sent again, it counts as ours. */
function claimedOnly(table: BlockTable, block: number): boolean {
  return table.isClaimed(block) && !table.wasSent(block);
}

function mismatch(expected: string | undefined, found: string | undefined): WaybillError {
  return new WaybillError(
    'transfer.checksum-mismatch',
    'The destination holds other bytes than were sent, also after they were sent again.',
    {
      ...(expected === undefined ? {} : {expected}),
      ...(found === undefined ? {} : {found}),
    },
  );
}
