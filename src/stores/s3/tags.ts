import type {CallOptions} from '../store.js';
import type {S3Client} from './client.js';
import {isFailure, isMissing} from './errors.js';
import {mapInParallel} from '../in-parallel.js';
import {pages} from './look.js';

/** The answer of a server to what it does not know, in the words of those that were tried. */
export function isUnknownToServer(error: unknown): boolean {
  return isFailure(error, 'NotImplemented', 'MethodNotAllowed', 'XNotImplemented', 501, 405);
}

/** Objects after which it is told how far it is: a second's work, where a server is slow. */
const REPORTED = 100;

export interface RemoveTagsOptions extends CallOptions {
  /** Goes on from a place that `onDone` was told. Default: the first object. */
  readonly after?: string;
  /** Called with places in order: everything up to there has lost its tags. */
  readonly onDone?: (place: string) => void;
}

/** Takes the tags of every object whose key begins with `prefix`. A server without tags has none to take. */
export async function removeTags(client: S3Client, prefix: string, options: RemoveTagsOptions): Promise<void> {
  const {after, onDone, signal} = options;
  const call = signal === undefined ? {} : {signal};
  for await (const {objects} of pages(client, {...call, prefix, afterKey: after, most: REPORTED})) {
    await mapInParallel(objects, client.connections, async ({key}) => {
      try {
        await client.call({method: 'DELETE', key, query: {tagging: ''}, ...call});
      } catch (error) {
        if (!isMissing(error) && !isUnknownToServer(error)) throw error;
      }
    });
    const last = objects.at(-1);
    if (last !== undefined) onDone?.(last.key);
  }
}
