import {splitLocation} from '../contracts/transfer.js';
import type {FoundClaim} from '../transfer/claims/claim.js';
import type {DestinationClaims} from '../transfer/claims/destination-claims.js';
import {partialsOf} from '../transfer/copy/destination.js';
import type {TargetRegistry} from './targets.js';

const DAY_MS = 86_400_000;

export interface SweepTransfersOptions {
  readonly claims: DestinationClaims;
  readonly targets: TargetRegistry;
  /** Whether this worker reaches the target or store; what another one reaches is left to it. */
  readonly serves: (name: string) => boolean;
  readonly isAlive: (found: FoundClaim) => Promise<boolean>;
  /** What a copy in a process left can be taken up for so long. */
  readonly olderThanDays: number;
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown, location: string) => void;
}

/** Removes what transfers left at their destinations that did not clean up (P10). Answers at how many it did. */
export async function sweepTransfers(options: SweepTransfersOptions): Promise<number> {
  let destinations = 0;
  const claims = await options.claims.all(options.signal);
  for (const found of claims) {
    try {
      if (await sweepDestination(found, claims, options)) destinations += 1;
    } catch (error) {
      options.signal.throwIfAborted();
      options.onFailure(error, found.claim.location);
    }
  }
  return destinations;
}

/** What a killed `copy --direct` left is taken up by the same command: it stays for a while, and blocks nobody. */
async function sweepDestination(
  found: FoundClaim,
  claims: readonly FoundClaim[],
  options: SweepTransfersOptions,
): Promise<boolean> {
  const {holder, location, root} = found.claim;
  // The same command has the same unfinished files, whichever process it ran in.
  for (const other of claims) {
    if (other.claim.holder.id !== holder.id) continue;
    const resumable = holder.kind === 'process' && Date.now() - other.modifiedAt < options.olderThanDays * DAY_MS;
    if (resumable || (await options.isAlive(other))) return false;
  }
  const name = splitLocation(location)?.name;
  if (name !== undefined) {
    if (!options.serves(name)) return false;
    const {store} = await options.targets.location(location, options.signal);
    await store.removeTree(partialsOf(root, holder.id), {signal: options.signal});
  }
  await options.claims.remove(found);
  return true;
}
