import {hasCode} from '../contracts/errors.js';
import {joinStorePath} from './paths.js';
import type {CallOptions, Store, StorePath} from './store.js';

/** What a killed `putObject` leaves behind, in the directory of the object that it was to be, begins with this. */
export const OBJECT_PARTIAL_PREFIX = '.waybill-object-';

/** Removes what killed writers of small objects left in these directories. What is still being written there then fails. */
export async function removeUnfinishedObjects(
  store: Store,
  directories: readonly StorePath[],
  options: CallOptions = {},
): Promise<void> {
  for (const directory of directories) {
    const left: StorePath[] = [];
    try {
      for await (const {name, kind} of store.list(directory, options)) {
        if (kind === 'file' && name.startsWith(OBJECT_PARTIAL_PREFIX)) left.push(joinStorePath(directory, name));
      }
    } catch (error) {
      // Nothing was ever written there.
      if (!hasCode(error, 'store.not-found')) throw error;
    }
    for (const path of left) await store.remove(path, options);
  }
}
