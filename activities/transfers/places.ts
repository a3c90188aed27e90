import type {TransferRef} from '../../src/contracts/activities.js';
import type {TransferOptions} from '../../src/contracts/transfer.js';
import type {Store, StorePath} from '../../src/stores/store.js';
import {partialsOf} from '../../src/transfer/copy/destination.js';
import type {TargetRegistry} from '../../src/worker/targets.js';

export interface Destination {
  readonly to: Store;
  readonly toRoot: StorePath;
  readonly partials: StorePath;
}

export async function destinationAt(
  targets: TargetRegistry,
  {transferId, destination, options}: TransferRef,
  root: StorePath,
  signal: AbortSignal,
): Promise<Destination> {
  const {store} = await targets.location(destination, signal, options);
  return {to: store, toRoot: root, partials: partialsOf(root, transferId)};
}

/** Attempts without progress that end a step of this transfer. */
export function retriesOf({retries}: TransferOptions): {readonly maxStalled: number} {
  return {maxStalled: retries};
}
