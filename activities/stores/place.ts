import {WaybillError} from '../../src/contracts/errors.js';
import {splitLocation} from '../../src/contracts/transfer.js';
import type {Entry, Store, StorePath} from '../../src/stores/store.js';
import type {TargetRegistry} from '../../src/worker/targets.js';

export interface Place {
  readonly store: Store;
  readonly path: StorePath;
  /** As it was asked for. */
  readonly location: string;
  /** Names the target and the allowed root: places that share it can be renamed into each other. */
  readonly key: string;
}

export async function placeAt(targets: TargetRegistry, location: string, signal: AbortSignal): Promise<Place> {
  const {store, path, root} = await targets.location(location, signal);
  return {store, path, location, key: `${splitLocation(location)?.name ?? ''}:${root}`};
}

/** What a registry says of places before anything is connected. */
type KnownTargets = Pick<TargetRegistry, 'requireAllowed' | 'taskQueue'>;

/** The task queue that the targets of these places name, if they do; rejects where they name several. */
export function queueOf(targets: KnownTargets, locations: readonly string[]): string | undefined {
  for (const location of locations) targets.requireAllowed(location);
  const queues = new Set(locations.flatMap((location) => targets.taskQueue(splitLocation(location)?.name ?? '') ?? []));
  if (queues.size <= 1) return [...queues][0];
  throw new WaybillError(
    'transfer.no-common-worker',
    `the places belong to different workers: ${[...queues].join(', ')}`,
  );
}

export function nothingAt({location}: Place): WaybillError {
  return new WaybillError('store.not-found', `nothing is at ${location}`, {path: location});
}

/** The entry at a place; rejects with `store.not-found`. */
export async function entryAt(place: Place, signal: AbortSignal): Promise<Entry> {
  const entry = await place.store.stat(place.path, {signal});
  if (entry === undefined) throw nothingAt(place);
  return entry;
}
