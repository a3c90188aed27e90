import {hasCode} from '../../contracts/errors.js';
import type {Entry, SourceFile, Store, StorePath} from '../../stores/store.js';
import {BlockTable} from '../block-table.js';
import {moveShape, type MoveShape} from '../move-shape.js';
import {digestOfResumed, digestOfSource, type OpenedSource, type SourceDigest, tiedToBlocks} from '../whole-digest.js';
import {MEMBER_BYTES} from './member.js';
import {openOriginal} from './originals.js';

/** Where something lies that may be the compressed form of a file of `size` bytes. */
export interface Compressed {
  readonly store: Store;
  readonly path: StorePath;
  readonly entry: Entry;
  readonly size: number;
}

/**
 * The digest of the original of what lies there, whichever zlib has compressed it: all of it is read. Undefined where it is
 * none of ours, or damaged.
 */
export async function originalThere(there: Compressed, signal: AbortSignal): Promise<SourceDigest | undefined> {
  const {store, path, entry, size} = there;
  if (entry.kind !== 'file') return undefined;
  try {
    const original = await openOriginal(store, path, {signal});
    return await digestIfOfSize(original, size, store, signal).finally(() => original.close());
  } catch (error) {
    if (hasCode(error, 'transfer.checksum-mismatch')) return undefined;
    throw error;
  }
}

async function digestIfOfSize(
  original: SourceFile,
  size: number,
  {properties}: Store,
  signal: AbortSignal,
): Promise<SourceDigest | undefined> {
  if (original.entry.size !== size) return undefined;
  const members = {preferredChunkBytes: MEMBER_BYTES, leastChunkBytes: MEMBER_BYTES};
  const shape = moveShape({...properties, ...members}, properties);
  return await digestOfSource(original, new BlockTable(size, MEMBER_BYTES, new Map()), shape, signal);
}

/** The digest of the source, where what lies there was made of it. */
export async function digestIfMadeOf(
  source: OpenedSource,
  there: Compressed,
  shape: MoveShape,
  signal: AbortSignal,
): Promise<string | undefined> {
  const original = await originalThere(there, signal);
  if (original === undefined) return undefined;
  const table = new BlockTable(there.size, MEMBER_BYTES, new Map(original.blocks.entries()));
  try {
    const whole = tiedToBlocks(await digestOfResumed(source, table, shape, signal), table);
    return whole === original.whole ? whole : undefined;
  } catch (error) {
    if (hasCode(error, 'source.changed')) return undefined;
    throw error;
  }
}
