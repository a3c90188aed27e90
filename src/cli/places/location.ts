import {WaybillError} from '../../contracts/errors.js';
import {splitLocation} from '../../contracts/transfer.js';

/** Refuses what no worker can look at: paths of this machine. */
export function requirePlaces(places: readonly string[]): void {
  const bare = places.find((place) => splitLocation(place) === undefined);
  if (bare === undefined) return;
  throw new WaybillError('input.invalid', `"${bare}" is no place that a worker reaches`, {
    path: bare,
    remedy: 'Write NAME:PATH, with a NAME of `waybill targets`.',
  });
}

/** The place of `name` in the directory at `location`. */
export function placeBelow(location: string, name: string): string {
  return `${location}${location.endsWith('/') ? '' : '/'}${name}`;
}
