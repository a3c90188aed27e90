import type {CallOptions, ListedEntry, ListOptions, Store, StorePath, StoreProperties} from '../store.js';
import {WaybillError} from '../../contracts/errors.js';
import type {Bucket} from './bucket.js';
import {S3Client} from './client.js';
import {asWaybillError, translated} from './errors.js';
import {KeySpace} from './keys.js';
import {list} from './list.js';
import {makeDirectory, remove, rename, setAttributes, stat} from './names.js';
import {getObject, putObject} from './objects.js';
import type {S3Connection} from './options.js';
import {leastPartBytesOf, PART_BYTES, partBytesOf} from './part-size.js';
import {openPartial} from './partial.js';
import {Placement} from './placement.js';
import {putFiles} from './put-files.js';
import {removeTree} from './remove-tree.js';
import {openSource} from './source.js';

export interface S3StoreOptions extends S3Connection {
  readonly name: string;
  /** Keys begin with this and a slash. Default: the whole bucket. */
  readonly prefix?: StorePath;
}

const PROPERTIES: StoreProperties = {
  rangedReads: true,
  partialWrites: 'parts',
  partBytes: partBytesOf,
  leastPartBytes: leastPartBytesOf,
  atomicReplace: true,
  conditionalPublish: true,
  modes: true,
  modificationTimes: true,
  timeResolutionMs: 1,
  links: false,
  durable: true,
  hashing: 'in-place',
  overNetwork: true,
  wholeObjects: true,
  renamesByCopy: true,
  preferredChunkBytes: PART_BYTES,
  leastChunkBytes: 1024 * 1024,
  preferredDepth: 4,
};

/** Half of them wait for the ticket of a part, which its digest is part of. */
const PRESIGNED_DEPTH = 8;

/** The objects below a prefix of a bucket, which has to exist. Nothing is connected before the first call. */
export function openS3Store({name, prefix = '', ...connection}: S3StoreOptions): Store {
  const client = new S3Client(connection);
  const keys = new KeySpace(prefix);
  const bucket: Bucket = {client, keys, placement: new Placement(client, keys)};
  const call = async <T>(path: StorePath, options: CallOptions | undefined, work: () => Promise<T>): Promise<T> => {
    options?.signal?.throwIfAborted();
    return translated(path, work);
  };
  const noLinks = (path: StorePath, options: CallOptions | undefined): Promise<never> =>
    call(path, options, async () => {
      keys.key(path);
      throw new WaybillError('store.unsupported', 'S3 has no links.', {path});
    });
  async function* listing(directory: StorePath, options: ListOptions = {}): AsyncGenerator<ListedEntry> {
    options.signal?.throwIfAborted();
    try {
      yield* list(bucket, directory, options);
    } catch (error) {
      throw asWaybillError(directory, error);
    }
  }
  return {
    name,
    kind: 's3',
    properties: client.presigned ? {...PROPERTIES, preferredDepth: PRESIGNED_DEPTH} : PROPERTIES,
    stat: (path, options = {}) => call(path, options, () => stat(bucket, path, options)),
    list: listing,
    readLink: noLinks,
    openSource: (path, options = {}) => call(path, options, () => openSource(bucket, path, options)),
    openPartial: (spec, options = {}) => call(spec.path, options, () => openPartial(bucket, spec, options)),
    putObject: (path, content, options = {}) => call(path, options, () => putObject(bucket, path, content, options)),
    getObject: (path, maxBytes, options = {}) => call(path, options, () => getObject(bucket, path, maxBytes, options)),
    putFiles: (files, options = {}) =>
      call(files[0]?.destination ?? '', options, () => putFiles(bucket, files, options)),
    makeDirectory: (path, options = {}) => call(path, options, () => makeDirectory(bucket, path, options)),
    makeLink: (path, _, options) => noLinks(path, options),
    setAttributes: (path, attributes, options = {}) =>
      call(path, options, () => setAttributes(bucket, path, attributes, options)),
    rename: (from, to, options) => call(from, options, () => rename(bucket, from, to, options)),
    remove: (path, options = {}) => call(path, options, () => remove(bucket, path, options)),
    removeTree: (path, options = {}) => call(path, options, () => removeTree(bucket, path, options)),
    freeSpace: (path, options) =>
      call(path, options, async () => {
        keys.key(path);
        return undefined;
      }),
    close: async () => client.close(),
  };
}
