import type {Entry, StoreProperties} from '../stores/store.js';
import {BlockTable} from './block-table.js';
import {blockBytesOf} from './blocks.js';
import type {MoveFileOptions} from './move-file.js';
import {moveShape} from './move-shape.js';
import type {PlannedFile} from './planned-file.js';
import {digestOfSource} from './whole-digest.js';

/** For people. */
export const PUBLISHED_ALREADY = 'published by another attempt, which had proved it';

/**
 * Whether an attempt that had proved the whole file has published it: the publish consumes the partial, and leaves a
 * destination of the right size and time. Answers with a note for people.
 */
export async function publishedAlready(
  options: Pick<MoveFileOptions, 'to' | 'partial' | 'destination' | 'file' | 'signal'>,
  whole: string,
): Promise<string | undefined> {
  const {to, partial, destination, file, signal} = options;
  if (file.sha256 !== undefined && file.sha256 !== whole) return undefined;
  const [unfinished, published] = await Promise.all([to.stat(partial, {signal}), to.stat(destination, {signal})]);
  // A partial that is there again is one that a late attempt opened anew: it holds nothing.
  if (unfinished !== undefined && unfinished.size > 0) return undefined;
  if (published?.kind !== 'file' || published.size !== file.size) return undefined;
  return hasTimeOf(file, published, to.properties) ? PUBLISHED_ALREADY : undefined;
}

/** As far as the store keeps times. */
export function hasTimeOf(
  file: PlannedFile,
  published: Entry,
  {modificationTimes, timeResolutionMs}: StoreProperties,
): boolean {
  const apart = Math.abs(published.modifiedAt - file.modifiedAt);
  return !modificationTimes || apart < Math.max(1, timeResolutionMs);
}

/** Whether the destination holds these very bytes, whoever put them there: all of it is read. */
export async function holdsAlready(
  {to, destination, file, signal, limits}: MoveFileOptions,
  whole: string,
): Promise<boolean> {
  const found = await to.stat(destination, {signal});
  if (found?.kind !== 'file' || found.size !== file.size) return false;
  const source = await to.openSource(destination, {signal});
  try {
    const table = new BlockTable(file.size, blockBytesOf(file.size), new Map());
    const shape = moveShape(to.properties, to.properties, limits);
    return (await digestOfSource(source, table, shape, signal)).whole === whole;
  } finally {
    await source.close();
  }
}
