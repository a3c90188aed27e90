import {WaybillError} from '../../contracts/errors.js';
import type {TransferOptions} from '../../contracts/transfer.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Store, StorePath} from '../../stores/store.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../../stores/in-parallel.js';
import type {PlannedFile} from '../planned-file.js';
import {SMALL_FILE_BYTES} from '../small-files.js';

interface Room {
  readonly to: Store;
  readonly toRoot: StorePath;
  /** Where what an interrupted copy has sent lies. */
  readonly partials: StorePath;
  /** Of everything that is planned. */
  readonly bytes: number;
  readonly files: () => AsyncIterable<readonly PlannedFile[]>;
  readonly options: Pick<TransferOptions, 'overwrite' | 'removeFirst'>;
}

/**
 * Rejects with `transfer.no-room` where what is planned cannot fit. What it replaces gives its room back, but for one
 * file, which is there twice while the other takes its place, unless it is removed first; what an interrupted copy left
 * is there already. A file of the same size that is compared before it is replaced counts as one that stays. A store
 * that does not say has room.
 */
export async function requireRoom(
  {to, toRoot, partials, bytes, files, options}: Room,
  signal: AbortSignal,
): Promise<void> {
  const free = await to.freeSpace(toRoot, {signal});
  if (free === undefined || bytes <= free) return;
  let needed = 0;
  let largestReplaced = 0;
  for await (const page of files()) {
    await inParallel(page, QUESTIONS_AT_ONCE, async (file) => {
      if (file.kind !== 'file') return;
      const there = await to.stat(joinStorePath(toRoot, file.name), {signal});
      if (there?.kind !== 'file') needed += file.size;
      else if (options.overwrite !== 'never') {
        needed += file.size - there.size;
        if (!staysOrGoes(file, there.size, options)) largestReplaced = Math.max(largestReplaced, there.size);
      }
    });
  }
  const most = Math.max(needed - (await heldBy(to, partials, signal)), 0) + largestReplaced;
  if (most <= free) return;
  throw new WaybillError('transfer.no-room', `the destination has ${free} bytes free, and ${most} more are needed`, {
    path: toRoot,
    expected: most,
    found: free,
  });
}

async function heldBy(to: Store, partials: StorePath, signal: AbortSignal): Promise<number> {
  if ((await to.stat(partials, {signal})) === undefined) return 0;
  let held = 0;
  for await (const {size} of to.list(partials, {signal})) held += size;
  return held;
}

/** Whether a file that is there stays, or is removed before another one takes its place. */
function staysOrGoes({size}: PlannedFile, there: number, {overwrite, removeFirst}: Room['options']): boolean {
  return (overwrite !== 'always' && size === there) || (removeFirst && size > SMALL_FILE_BYTES);
}
