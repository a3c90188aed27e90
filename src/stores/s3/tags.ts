import type {CallOptions} from '../store.js';
import type {S3Client} from './client.js';
import {isFailure, isMissing} from './errors.js';
import {mapInParallel} from '../in-parallel.js';
import {pages} from './look.js';

/** The answer of a server to what it does not know, in the words of those that were tried. */
export function isUnknownToServer(error: unknown): boolean {
  return isFailure(error, 'NotImplemented', 'MethodNotAllowed', 'XNotImplemented', 501, 405);
}

/** Takes the tags of every object whose key begins with `prefix`. A server without tags has none to take. */
export async function removeTags(client: S3Client, prefix: string, options: CallOptions): Promise<void> {
  const {signal} = options;
  for await (const {objects} of pages(client, {...options, prefix})) {
    await mapInParallel(objects, client.connections, async ({key}) => {
      try {
        await client.call({method: 'DELETE', key, query: {tagging: ''}, ...(signal === undefined ? {} : {signal})});
      } catch (error) {
        if (!isMissing(error) && !isUnknownToServer(error)) throw error;
      }
    });
  }
}
