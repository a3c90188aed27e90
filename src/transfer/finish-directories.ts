import {hasCode} from '../contracts/errors.js';
import {joinStorePath} from '../stores/paths.js';
import type {Store, StorePath} from '../stores/store.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../stores/in-parallel.js';
import type {PlannedFile} from './planned-file.js';

/**
 * Gives directories the mode and time of the source, deepest first, when everything in them is there: a read-only one
 * could not be filled, and filling changes the time. May be done again. A directory that is gone is left out.
 */
export async function finishDirectories(options: {
  readonly to: Store;
  readonly toRoot: StorePath;
  readonly directories: readonly PlannedFile[];
  readonly signal: AbortSignal;
}): Promise<void> {
  const {to, toRoot, signal} = options;
  const levels = new Map<number, PlannedFile[]>();
  for (const file of options.directories) {
    const level = file.name.split('/').length;
    levels.set(level, [...(levels.get(level) ?? []), file]);
  }
  for (const level of [...levels.keys()].sort((a, b) => b - a)) {
    await inParallel(levels.get(level) ?? [], QUESTIONS_AT_ONCE, async ({name, mode, modifiedAt, owner}) => {
      try {
        const attributes = {mode: mode & 0o777, modifiedAt, ...(owner === undefined ? {} : {owner})};
        await to.setAttributes(joinStorePath(toRoot, name), attributes, {signal});
      } catch (error) {
        if (!hasCode(error, 'store.not-found')) throw error;
      }
    });
  }
}
