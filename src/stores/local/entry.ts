import {type BigIntStats, constants} from 'node:fs';
import type {Entry, EntryKind} from '../store.js';

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

export function entryOf(stats: LookedAt & Pick<BigIntStats, 'uid' | 'gid'>): Entry {
  return {...entryOfKind(kindOf(stats.mode), stats), owner: {uid: Number(stats.uid), gid: Number(stats.gid)}};
}

/** What a look tells besides the kind. */
export type LookedAt = Pick<BigIntStats, 'size' | 'mode' | 'mtimeNs' | 'ctimeNs' | 'ino'>;

export function entryOfKind(kind: EntryKind, stats: LookedAt): Entry {
  return {
    kind,
    size: kind === 'file' ? Number(stats.size) : 0,
    mode: Number(stats.mode & 0o7777n),
    modifiedAt: floorToMilliseconds(stats.mtimeNs),
    identity: `${stats.size}-${stats.mtimeNs}-${stats.ctimeNs}-${stats.ino}`,
  };
}

/** Milliseconds as `utimes` wants them: seconds in a double. */
export function toSeconds(milliseconds: number): number {
  // The double lies up to 0.24 µs beside the wanted time and is cut, not rounded: half a microsecond more keeps the
  // millisecond for readers that cut too. Whole seconds are exact.
  return milliseconds % 1000 === 0 ? milliseconds / 1000 : (milliseconds + 0.0005) / 1000;
}

function kindOf(mode: bigint): EntryKind {
  switch (Number(mode) & constants.S_IFMT) {
    case constants.S_IFREG:
      return 'file';
    case constants.S_IFDIR:
      return 'directory';
    case constants.S_IFLNK:
      return 'link';
    default:
      return 'special';
  }
}

function floorToMilliseconds(nanoseconds: bigint): number {
  const cut = nanoseconds / NANOSECONDS_PER_MILLISECOND;
  const before1970 = nanoseconds < 0n && nanoseconds % NANOSECONDS_PER_MILLISECOND !== 0n;
  return Number(before1970 ? cut - 1n : cut);
}
