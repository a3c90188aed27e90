import type {MoveFileOptions} from './move-file.js';

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
  const {modificationTimes, timeResolutionMs} = to.properties;
  if (modificationTimes && Math.abs(published.modifiedAt - file.modifiedAt) >= Math.max(1, timeResolutionMs))
    return undefined;
  return 'published by another attempt, which had proved it';
}
