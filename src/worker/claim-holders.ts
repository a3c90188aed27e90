import {machineId} from '../client/machine.js';
import {identityOf, isRunning} from '../embedded/process-identity.js';
import type {ClaimHolder, FoundClaim} from '../transfer/claims/claim.js';

/** Milliseconds between two signs of life of a process, for those of other machines, and without one after which it counts as dead. */
export const RENEWAL_MS = 60_000;
const SILENCE_MS = 5 * RENEWAL_MS;

/** Whether who claims a destination still writes there. `runs` answers for the workflow of a transfer. */
export function livingHolders(runs: (transferId: string) => Promise<boolean>): (found: FoundClaim) => Promise<boolean> {
  return async ({claim: {holder}, modifiedAt}) => {
    if (holder.kind === 'workflow') return await runs(holder.id);
    if (holder.machineId === machineId()) return await isRunning(holder.process);
    return Date.now() - modifiedAt < SILENCE_MS;
  };
}

/** This process as a holder. */
export async function thisProcess(id: string): Promise<ClaimHolder> {
  const process = await identityOf(globalThis.process.pid);
  if (process === undefined) throw new Error('this process does not find itself');
  return {kind: 'process', id, machineId: machineId(), process};
}
