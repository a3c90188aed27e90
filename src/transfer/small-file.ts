import {giveBackChunk} from '../hashing/chunk-memory.js';
import {digestOf} from '../hashing/digest-of.js';
import type {Entry, Store, StorePath, WholeFile} from '../stores/store.js';
import {hasChanged, requireSameSource, sourceChanged} from './changed-source.js';
import type {PlannedFile} from './planned-file.js';
import {readExactly} from './read-ahead.js';

export interface SmallContent {
  /** As it was when the file was opened. */
  readonly entry: Entry;
  readonly content: Uint8Array;
  readonly sha256: string;
}

/** Reads a whole small file. Rejects with `source.changed` where it is not, or no longer, the one that was planned. */
export async function readSmallFile(
  from: Store,
  path: StorePath,
  file: PlannedFile,
  signal: AbortSignal,
): Promise<SmallContent> {
  const source = await from.openSource(path, {signal});
  try {
    const {entry} = source;
    requireSameSource(file, entry);
    const step = from.properties.preferredChunkBytes;
    const pieces: Promise<Uint8Array>[] = [];
    for (let at = 0; at < file.size; at += step) {
      pieces.push(readExactly(source, at, Math.min(step, file.size - at), signal));
    }
    const read = await Promise.allSettled(pieces);
    const bytes = read.map((piece) => {
      if (piece.status === 'rejected') throw piece.reason;
      return piece.value;
    });
    if (await hasChanged(from, source, signal)) throw sourceChanged();
    const content = bytes.length === 1 && bytes[0] !== undefined ? bytes[0] : joined(bytes);
    const sha256 = await digestOf(content);
    if (file.sha256 !== undefined && file.sha256 !== sha256) throw sourceChanged(file.sha256, sha256);
    return {entry, content, sha256};
  } finally {
    await source.close();
  }
}

/** The same of what the store read in one call with others. */
export function checkWholeFile(read: WholeFile, file: PlannedFile): SmallContent {
  if (read.outcome === 'failed') throw read.error;
  const {entry, content, sha256, changed} = read;
  requireSameSource(file, entry);
  if (changed || content.length !== file.size) throw sourceChanged();
  if (file.sha256 !== undefined && file.sha256 !== sha256) throw sourceChanged(file.sha256, sha256);
  return {entry, content, sha256};
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(pieces);
  for (const piece of pieces) giveBackChunk(piece);
  return content;
}
