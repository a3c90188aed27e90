import {WaybillError} from '../../contracts/errors.js';
import type {TransferOptions} from '../../contracts/transfer.js';
import {joinStorePath} from '../../stores/paths.js';
import type {Store, StorePath} from '../../stores/store.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../../stores/in-parallel.js';
import type {PlannedFile} from '../planned-file.js';

/**
 * Rejects with `transfer.no-room` where what is planned cannot fit. What it replaces gives its room back, but for one
 * file, which is there twice while it takes the other's place, unless the other is removed first. A store that does not say has room.
 */
export async function requireRoom(
  to: Store,
  toRoot: StorePath,
  bytes: number,
  files: () => AsyncIterable<readonly PlannedFile[]>,
  {removeFirst}: Pick<TransferOptions, 'removeFirst'>,
  signal: AbortSignal,
): Promise<void> {
  const free = await to.freeSpace(toRoot, {signal});
  if (free === undefined || bytes <= free) return;
  let needed = 0;
  let largest = 0;
  for await (const page of files()) {
    await inParallel(page, QUESTIONS_AT_ONCE, async (file) => {
      if (file.kind !== 'file') return;
      const there = await to.stat(joinStorePath(toRoot, file.name), {signal});
      needed += file.size - (there?.kind === 'file' ? there.size : 0);
      largest = Math.max(largest, file.size);
    });
  }
  if (Math.max(needed, 0) + (!removeFirst && needed < bytes ? largest : 0) <= free) return;
  throw new WaybillError('transfer.no-room', `the destination has ${free} bytes free, and ${needed} more are needed`, {
    path: toRoot,
    expected: needed,
    found: free,
  });
}
