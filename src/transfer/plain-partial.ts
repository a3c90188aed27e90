import type {Store, StorePath} from '../stores/store.js';
import {blockBytesOf} from './blocks.js';
import {type PartialIdentity, type PartialPaths, partialPaths} from './keys.js';
import {EMPTY_LEDGER, enteredBytes, type LedgerContent, readLedger} from './ledger.js';
import {headOf} from './ledger-record.js';
import type {PlannedFile} from './planned-file.js';

/** Where a file lies unfinished that goes as it is. */
interface PlainPartial extends PartialPaths {
  /** Of the parts that it goes in, where they are not the usual ones. */
  readonly partBytes?: number;
  /** Bytes that have arrived, by the ledger; 0 also where there is no choice that depends on it. */
  readonly heldBytes: number;
  /** Its block or part, in bytes. */
  readonly blockBytes: number;
  /** All the ledgers that it may have. */
  readonly ledgers: readonly StorePath[];
}

interface PlainPartialOptions {
  readonly to: Store;
  readonly partials: StorePath;
  readonly file: PlannedFile;
  readonly stalled: boolean;
  readonly signal: AbortSignal;
}

/**
 * Finds what attempts left of a file. Where the destination takes smaller parts than the usual ones it may lie in either,
 * since all parts of an upload have one size; the one that holds more is gone on with. Over a line over which an attempt got
 * no further the smallest are begun, unless a whole usual part has arrived: the line may carry the next as well.
 */
export async function plainPartial(of: PartialIdentity, options: PlainPartialOptions): Promise<PlainPartial> {
  const {to, partials, file, stalled, signal} = options;
  const {size, identity} = of;
  const usualBytes = to.properties.partBytes?.(size) ?? blockBytesOf(size);
  const usual = {...partialPaths(partials, of), blockBytes: usualBytes};
  const partBytes = to.properties.leastPartBytes?.(size);
  const isSmaller = partBytes !== undefined && partBytes < Math.min(usualBytes, size);
  if (!isSmaller && file.compressAs === undefined) return {...usual, heldBytes: 0, ledgers: [usual.ledger]};
  const arrived = ({ledger}: PartialPaths, blockBytes: number): Promise<LedgerContent> =>
    to.properties.hashing === 'none'
      ? Promise.resolve(EMPTY_LEDGER)
      : readLedger(to, ledger, headOf(file, blockBytes), signal);
  if (!isSmaller) {
    const heldBytes = enteredBytes(await arrived(usual, usualBytes), size, usualBytes);
    return {...usual, heldBytes, ledgers: [usual.ledger]};
  }

  const paths = partialPaths(partials, {...of, identity: `${identity} in parts of ${partBytes}`});
  const smallest = {...paths, partBytes, blockBytes: partBytes};
  // At once: where tickets are asked for, one batch has both.
  const [held, inSmallest] = await Promise.all([arrived(usual, usualBytes), arrived(smallest, partBytes)]);
  const heldBytes = enteredBytes(held, size, usualBytes);
  const heldInSmallest = enteredBytes(inSmallest, size, partBytes);
  const ledgers = [usual.ledger, smallest.ledger];
  // The last part may be shorter: it says nothing of the line.
  const hasWholePart = [...held.entered.keys()].some((part) => (part + 1) * usualBytes <= size);
  return heldInSmallest > heldBytes || (stalled && !hasWholePart)
    ? {...smallest, heldBytes: heldInSmallest, ledgers}
    : {...usual, heldBytes, ledgers};
}
