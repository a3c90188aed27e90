import {toError, WaybillError} from '../../contracts/errors.js';
import type {CallOptions, SmallFile, SmallFileResult} from '../store.js';
import type {Bucket} from './bucket.js';
import {asWaybillError} from './errors.js';
import {mapInParallel} from '../in-parallel.js';
import {putWhole} from './objects.js';

/** One request for each file, many at once: a put is one step, and the server checks the digest that was signed. */
export async function putFiles(
  bucket: Bucket,
  files: readonly SmallFile[],
  options: CallOptions,
): Promise<readonly SmallFileResult[]> {
  const {client, keys, placement} = bucket;
  const named = files.map(({destination}) => nameProblem(bucket, destination));
  const right = files.filter((_, index) => named[index] === undefined);
  const placed = await placement.checkAll(
    right.map((file) => file.destination),
    options,
  );
  const misplaced = new Map(right.map((file, index) => [file, placed[index]]));
  return mapInParallel(files, client.putsAtOnce, async (file, index): Promise<SmallFileResult> => {
    const wrong = named[index] ?? misplaced.get(file);
    if (wrong !== undefined) return {outcome: 'failed', error: wrong};
    try {
      options.signal?.throwIfAborted();
      const {destination: path, content, sha256, mode, modifiedAt, ifExists} = file;
      const isPut = await putWhole(client, keys.key(path), content, {
        ...options,
        metadata: {
          sha256,
          ...(mode === undefined ? {} : {mode}),
          ...(modifiedAt === undefined ? {} : {modifiedAt}),
        },
        ifAbsent: ifExists === 'keep',
      });
      placement.wrote(path);
      if (isPut) return {outcome: 'published', verified: 'sha256'};
      throw new WaybillError('store.already-exists', `${JSON.stringify(path)} exists already.`, {path});
    } catch (error) {
      options.signal?.throwIfAborted();
      return {outcome: 'failed', error: toError(asWaybillError(file.destination, error))};
    }
  });
}

function nameProblem({keys}: Bucket, path: string): Error | undefined {
  try {
    keys.key(path);
    return undefined;
  } catch (error) {
    return toError(error);
  }
}
