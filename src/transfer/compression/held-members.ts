import type {Claims} from './compression-ledger.js';
import type {Layout} from './layout.js';
import {memberLength} from './member.js';

/** The members that have arrived whole, by the ledger. */
export function heldMembers(layout: Layout, {members, blocks}: Claims): readonly number[] {
  return members
    .map((_, member) => member)
    .filter((member) => layout.blocksOf(layout.range(member)).every((block) => blocks.has(block)));
}

/** Bytes of the original, which has `size`, in these members. */
export function originalBytes(members: readonly number[], size: number): number {
  return members.reduce((sum, member) => sum + memberLength(member, size), 0);
}
