import type {Store, StorePath} from '../stores/store.js';
import {type PartialIdentity, type PartialPaths, partialPaths} from './keys.js';
import {readLedger} from './ledger.js';
import {headOf} from './ledger-record.js';
import type {PlannedFile} from './planned-file.js';

interface Parts extends PartialPaths {
  readonly partBytes: number;
}

/**
 * For a line over which an attempt got no further: the smallest parts that the destination takes, and where the file lies
 * unfinished that goes in them. All parts of an upload have one size, so it is begun anew beside the other. Undefined
 * where that would lose a whole part that has arrived, since the line may carry the next as well, and where there are no smaller ones.
 */
export async function smallestParts(
  {to, partials}: {readonly to: Store; readonly partials: StorePath},
  of: PartialIdentity,
  file: PlannedFile,
  signal: AbortSignal,
): Promise<Parts | undefined> {
  const {size, identity} = of;
  const usual = to.properties.partBytes?.(size);
  const partBytes = to.properties.leastPartBytes?.(size);
  if (usual === undefined || partBytes === undefined || partBytes >= Math.min(usual, size)) return undefined;
  const {ledger} = partialPaths(partials, of);
  const {entered} = await readLedger(to, ledger, headOf(file, usual), signal);
  // The last part may be shorter: it says nothing of the line.
  if ([...entered.keys()].some((part) => (part + 1) * usual <= size)) return undefined;
  return {...partialPaths(partials, {...of, identity: `${identity} in parts of ${partBytes}`}), partBytes};
}
