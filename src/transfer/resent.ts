import type {BlockTable} from './block-table.js';

/** A block that the ledger has was sent, whatever the partial holds of it now; so was what this attempt sends twice. */
export function resent(foundBytes: number, table: BlockTable, offset: number, bytes: number): number {
  const block = Math.floor(offset / table.blockBytes);
  if (table.isClaimed(block) || table.wasSent(block)) return bytes;
  return Math.max(0, Math.min(foundBytes, offset + bytes) - offset);
}
