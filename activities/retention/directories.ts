import {hasCode} from '../../src/contracts/errors.js';
import {joinStorePath} from '../../src/stores/paths.js';
import type {Store, StorePath} from '../../src/stores/store.js';

/** The directories in one; none where it is not there. */
export async function* namesIn(store: Store, directory: StorePath, signal: AbortSignal): AsyncGenerator<string> {
  try {
    for await (const {name, kind, unrepresentable} of store.list(directory, {signal})) {
      if (kind === 'directory' && unrepresentable !== true) yield name;
    }
  } catch (error) {
    if (!hasCode(error, 'store.not-found')) throw error;
  }
}

/**
 * When the youngest file below a directory was written, in milliseconds since 1970; 0 where there is none, or the
 * directory is not there.
 */
export async function youngestIn(store: Store, directory: StorePath, signal: AbortSignal): Promise<number> {
  let youngest = 0;
  try {
    for await (const {name, kind, modifiedAt} of store.list(directory, {signal})) {
      const of = kind === 'directory' ? await youngestIn(store, joinStorePath(directory, name), signal) : modifiedAt;
      youngest = Math.max(youngest, of);
    }
  } catch (error) {
    // Whoever owns it may remove it at any time: an execution does so when it ends.
    if (!hasCode(error, 'store.not-found')) throw error;
  }
  return youngest;
}
