import {hasCode, WaybillError} from '../contracts/errors.js';
import {giveBackChunk} from '../hashing/chunk-memory.js';
import {createChunkHasher} from '../hashing/chunk-hasher.js';
import type {ByteRange, PartialFile, SourceFile, Store, StorePath} from '../stores/store.js';
import type {BlockTable} from './block-table.js';
import {blockCount} from './blocks.js';
import {sourceChanged} from './changed-source.js';
import type {MoveShape} from './move-shape.js';
import {readAhead} from './read-ahead.js';

export interface SourceDigest {
  readonly whole: string;
  /** Of each block, in order. */
  readonly blocks: readonly string[];
}

/**
 * The digest of the whole source, read a second time beside the sending: for sources that cost no line. Ends early
 * where a block differs from what the ledger holds of it.
 */
export async function digestOfSource(
  source: SourceFile,
  table: BlockTable,
  shape: MoveShape,
  signal: AbortSignal,
): Promise<SourceDigest> {
  const {blockBytes, size} = table;
  const blocks: string[] = [];
  const hasher = createChunkHasher({blockBytes, whole: true, onBlock: ({sha256}) => blocks.push(sha256)});
  try {
    for await (const chunk of readAhead(source, {
      reading: shape.reading,
      start: 0,
      end: size,
      boundary: blockBytes,
      signal,
    })) {
      await hasher.update(chunk.bytes, () => giveBackChunk(chunk.bytes));
      const last = blocks.length - 1;
      const digest = blocks[last];
      if (digest !== undefined && differs(table, last, digest)) throw sourceChanged();
    }
    const {whole} = await hasher.finish();
    if (whole === undefined) throw new WaybillError('store.io', 'The hashing threads gave no digest.');
    return {whole, blocks};
  } finally {
    hasher.abandon();
  }
}

export interface OpenedSource {
  readonly from: Store;
  readonly path: StorePath;
  readonly source: SourceFile;
}

/**
 * The same of a source a part of which has arrived: hashed where it lies, where that can be, so that a slow line carries
 * what is missing and no more.
 */
export async function digestOfResumed(
  {from, path, source}: OpenedSource,
  table: BlockTable,
  shape: MoveShape,
  signal: AbortSignal,
): Promise<SourceDigest> {
  const ranges = Array.from({length: blockCount(table.size, table.blockBytes)}, (_, block) => table.range(block));
  const there = await from.hash?.(path, {ranges, signal}).catch((error: unknown) => {
    // The shell of a host may see other directories than its SFTP shows.
    if (hasCode(error, 'shell.failed')) return undefined;
    throw error;
  });
  if (there === undefined) return await digestOfSource(source, table, shape, signal);
  if (there.entry.identity !== source.entry.identity) throw sourceChanged(source.entry.identity, there.entry.identity);
  return {whole: there.sha256, blocks: there.ranges};
}

/** The digest of one block of the source, which is read for it. */
export async function digestOfBlock(
  source: SourceFile,
  {offset, length}: ByteRange,
  shape: MoveShape,
  signal: AbortSignal,
): Promise<string> {
  const hasher = createChunkHasher({whole: true});
  try {
    const reading = {
      ...{reading: shape.reading},
      start: offset,
      end: offset + length,
      boundary: offset + length,
      signal,
    };
    for await (const {bytes} of readAhead(source, reading)) await hasher.update(bytes, () => giveBackChunk(bytes));
    const {whole} = await hasher.finish();
    if (whole === undefined) throw new WaybillError('store.io', 'The hashing threads gave no digest.');
    return whole;
  } finally {
    hasher.abandon();
  }
}

/** Ties a digest to the blocks that were sent and entered, by this attempt or earlier ones: else it is of other bytes. */
export function tiedToBlocks(digest: SourceDigest, table: BlockTable): string {
  if (digest.blocks.some((found, block) => differs(table, block, found))) throw sourceChanged();
  return digest.whole;
}

function differs(table: BlockTable, block: number, found: string): boolean {
  const expected = table.digestOf(block);
  return expected !== undefined && expected !== found;
}

/** The digest of the whole partial, once every block of it is proved: no byte of the source is read for it. */
export async function digestOfDestination(partial: PartialFile, size: number, signal: AbortSignal): Promise<string> {
  for await (const whole of partial.hash([{offset: 0, length: size}], {signal})) {
    if (whole !== undefined) return whole;
  }
  throw new WaybillError('store.io', 'The finished file could not be hashed where it lies.');
}
