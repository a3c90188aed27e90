import type {TransferRef} from '../../src/contracts/activities.js';
import {hasCode, WaybillError} from '../../src/contracts/errors.js';
import type {CopyPlan} from '../../src/transfer/copy/plan.js';
import {claimScope} from '../../src/worker/claim-scope.js';
import type {ActivityDeps} from '../deps.js';

/** Refuses to write where another copy writes, or asks for another attempt where the caller wants to wait for it. */
export async function claimDestination(
  {claims, targets}: Pick<ActivityDeps, 'claims' | 'targets'>,
  {transferId, destination, options}: TransferRef,
  {destination: {store, root}, writes}: CopyPlan,
  signal: AbortSignal,
): Promise<void> {
  const {scope, absolute} = claimScope(store, destination, (await targets.location(destination, signal)).root);
  const holder = {kind: 'workflow' as const, id: transferId};
  try {
    await claims.take({holder, scope, paths: writes.map(absolute), location: destination, root}, signal);
  } catch (error) {
    if (!options.wait || !hasCode(error, 'transfer.destination-busy')) throw error;
    throw new WaybillError('transfer.waiting', `it waits: ${error.message}`, {cause: error});
  }
}
