import type {StorePath} from '../../stores/store.js';

/** The other way of sending a file: as it is. */
export interface PlainWay {
  /** Bytes of it that have arrived so. */
  readonly heldBytes: number;
  /** Its block or part, in bytes: the most that an attempt brings by small steps, before it tries large ones again. */
  readonly blockBytes: number;
  /** Where that would be written down. */
  readonly ledgers: readonly StorePath[];
  /** Whether an attempt before this one got no further. */
  readonly stalled: boolean;
  /** Whether at least the two before this one did not. */
  readonly stalledAgain: boolean;
}

/**
 * Which way a file goes on of which `heldBytes` of the original have arrived compressed: the one by which more has. Where
 * nothing has by either, a text is compressed. Compressed it goes by whole blocks, each of several times its size, which is
 * too much for a line that drops that often: where an attempt got no further, it goes on so only if leaving it would cost
 * more than an attempt brings by small steps, and where the next one did not either, it goes as it is, whatever it costs.
 * It keeps to that: with the first piece that arrives so, no attempt before this one has stalled.
 */
export function goesCompressed(heldBytes: number, plain: PlainWay): boolean {
  const {heldBytes: plainBytes, blockBytes, stalled, stalledAgain} = plain;
  if (stalledAgain || (stalled && plainBytes > 0)) return false;
  return stalled ? heldBytes > blockBytes : plainBytes === 0 || heldBytes > plainBytes;
}
