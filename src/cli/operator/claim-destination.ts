import {setTimeout as delay} from 'node:timers/promises';
import {hasCode} from '../../contracts/errors.js';
import type {Store} from '../../stores/store.js';
import type {ClaimRequest, DestinationClaims} from '../../transfer/claims/destination-claims.js';
import type {ClaimedDestination} from '../../transfer/copy/copy.js';
import {RENEWAL_MS, thisProcess} from '../../worker/claim-holders.js';
import {claimScope} from '../../worker/claim-scope.js';

const LOOK_MS = 1_000;

/** The destination of a copy in this process. */
export interface OwnDestination {
  readonly store: Pick<Store, 'kind' | 'name'>;
  /** As it was typed. */
  readonly location: string;
  /** Of the store, absolute. */
  readonly storeRoot: string;
}

/** Takes the destination for this process, and answers with what gives it free. */
export async function claimForThisProcess(
  claims: DestinationClaims,
  {store, location, storeRoot}: OwnDestination,
  {id, paths, root, wait, signal}: ClaimedDestination,
  onWait: (why: string) => void,
): Promise<() => Promise<void>> {
  const {scope, absolute} = claimScope(store, location, storeRoot);
  const holder = await thisProcess(id);
  const request: ClaimRequest = {holder, scope, paths: paths.map(absolute), location, root};
  for (let told = false; ; told = true) {
    try {
      await claims.take(request, signal);
      break;
    } catch (error) {
      if (!wait || !hasCode(error, 'transfer.destination-busy')) {
        await claims.release(holder).catch(() => undefined);
        throw error;
      }
      if (!told) onWait(error.message);
      await delay(LOOK_MS, undefined, {signal});
    }
  }
  // A look that fails is made up for by the next one.
  const timer = setInterval(() => void claims.renew(request).catch(() => undefined), RENEWAL_MS);
  return async () => {
    clearInterval(timer);
    await claims.release(holder);
  };
}
