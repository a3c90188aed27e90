import {posix} from 'node:path';
import {splitLocation} from '../contracts/transfer.js';
import type {CopyPlace} from '../transfer/copy/locate.js';
import type {PlaceOptions, TargetRegistry} from './targets.js';

/** The place that `NAME:path` names, in the store of the allowed root that holds it; a trailing slash stays. */
export async function copyPlace(
  targets: TargetRegistry,
  location: string,
  signal: AbortSignal,
  options?: PlaceOptions,
): Promise<CopyPlace & {readonly key: string}> {
  const {store, path, root} = await targets.location(location, signal, options);
  const slash = location.endsWith('/') ? '/' : '';
  const {name = '', path: given = ''} = splitLocation(location) ?? {};
  // Of a bucket the first slash may be left out, and then is here too.
  const above = given.startsWith('/') ? root : root.replace(/^\/+/, '');
  return {store, path: `${path}${slash}`, key: `${name}:${root}`, shown: (of) => `${name}:${posix.join(above, of)}`};
}
